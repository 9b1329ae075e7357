//! Certificates in their encoded form (RFC 5280): the subject and the key of a request as they stand there, signed by
//! the cluster's CA (`pkg/controller/certificates/authority`).

use crate::Authority;
use k8s_openapi::jiff::{SignedDuration, Timestamp};
use ring::{
    rand::{SecureRandom, SystemRandom},
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair},
};
use x509_parser::{
    certificate::X509Certificate,
    cri_attributes::ParsedCriAttribute,
    extensions::ParsedExtension,
    pem::{Pem, parse_x509_pem},
    prelude::{FromDer, X509CertificationRequest},
};
use yasna::{
    DERWriter, Tag, construct_der,
    models::{GeneralizedTime, ObjectIdentifier},
};

const ECDSA_WITH_SHA256: &[u64] = &[1, 2, 840, 10045, 4, 3, 2];
const SUBJECT_ALTERNATIVE_NAME: &[u64] = &[2, 5, 29, 17];
const BASIC_CONSTRAINTS: &[u64] = &[2, 5, 29, 19];
const KEY_USAGE: &[u64] = &[2, 5, 29, 15];
const AUTHORITY_KEY_IDENTIFIER: &[u64] = &[2, 5, 29, 35];
const EXTENDED_KEY_USAGE: &[u64] = &[2, 5, 29, 37];

/// What a certificate begins before its time: clocks of others may be behind.
const BACKDATE: SignedDuration = SignedDuration::from_mins(5);
/// A lifetime below this is not shortened for that.
const SHORT: SignedDuration = SignedDuration::from_hours(8);

/// Uses of a key by the position of their bit.
const KEY_USAGES: [(&str, u8); 10] = [
    ("signing", 0),
    ("digital signature", 0),
    ("content commitment", 1),
    ("key encipherment", 2),
    ("data encipherment", 3),
    ("key agreement", 4),
    ("cert sign", 5),
    ("crl sign", 6),
    ("encipher only", 7),
    ("decipher only", 8),
];

/// Purposes of a certificate.
const PURPOSES: [(&str, &[u64]); 13] = [
    ("any", &[2, 5, 29, 37, 0]),
    ("server auth", &[1, 3, 6, 1, 5, 5, 7, 3, 1]),
    ("client auth", &[1, 3, 6, 1, 5, 5, 7, 3, 2]),
    ("code signing", &[1, 3, 6, 1, 5, 5, 7, 3, 3]),
    ("email protection", &[1, 3, 6, 1, 5, 5, 7, 3, 4]),
    ("s/mime", &[1, 3, 6, 1, 5, 5, 7, 3, 4]),
    ("ipsec end system", &[1, 3, 6, 1, 5, 5, 7, 3, 5]),
    ("ipsec tunnel", &[1, 3, 6, 1, 5, 5, 7, 3, 6]),
    ("ipsec user", &[1, 3, 6, 1, 5, 5, 7, 3, 7]),
    ("timestamping", &[1, 3, 6, 1, 5, 5, 7, 3, 8]),
    ("ocsp signing", &[1, 3, 6, 1, 5, 5, 7, 3, 9]),
    ("microsoft sgc", &[1, 3, 6, 1, 4, 1, 311, 10, 3, 3]),
    ("netscape sgc", &[2, 16, 840, 1, 113_730, 4, 1]),
];

/// The encoded request in a PEM file, and whether its signature is good.
pub(super) fn read(pem: &[u8]) -> Result<Pem, String> {
    let (_, block) = parse_x509_pem(pem).map_err(|error| error.to_string())?;
    let (_, request) = X509CertificationRequest::from_der(&block.contents).map_err(|error| error.to_string())?;
    request.verify_signature().map_err(|error| error.to_string())?;
    Ok(block)
}

/// What a certificate is to be.
pub(super) struct Order<'a> {
    pub request: &'a X509CertificationRequest<'a>,
    pub usages: &'a [String],
    pub lifetime: SignedDuration,
}

/// Signs a certificate, PEM.
pub(super) fn sign(authority: &Authority, order: &Order<'_>, now: Timestamp) -> Result<String, String> {
    let text = |error: &dyn std::fmt::Display| error.to_string();
    let (_, block) = parse_x509_pem(authority.certificate.as_bytes()).map_err(|error| text(&error))?;
    let (_, issuer) = X509Certificate::from_der(&block.contents).map_err(|error| text(&error))?;
    let (_, key) = parse_x509_pem(authority.key.as_bytes()).map_err(|error| text(&error))?;
    let random = SystemRandom::new();
    let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &key.contents, &random);
    let key = key.map_err(|error| text(&error))?;
    let mut serial = [0; 16];
    random.fill(&mut serial).map_err(|error| text(&error))?;
    let validity = validity(&issuer, order.lifetime, now)?;
    let unsigned = construct_der(|writer| write_unsigned(writer, &issuer, order, &serial, validity));
    let signature = key.sign(&random, &unsigned).map_err(|error| text(&error))?;
    let der = construct_der(|writer| {
        writer.write_sequence(|parts| {
            parts.next().write_der(&unsigned);
            write_algorithm(parts.next());
            parts.next().write_bitvec_bytes(signature.as_ref(), signature.as_ref().len() * 8);
        });
    });
    Ok(pem(&der))
}

/// From when to when, in seconds since 1970: never longer than the issuer.
fn validity(issuer: &X509Certificate<'_>, lifetime: SignedDuration, now: Timestamp) -> Result<[i64; 2], String> {
    let end = issuer.validity().not_after.timestamp();
    if now.as_second() >= end {
        return Err(format!("refusing to sign a certificate that expired in the past: NotAfter={end}"));
    }
    let backdate = if lifetime < SHORT { SignedDuration::ZERO } else { BACKDATE };
    Ok([(now - BACKDATE).as_second(), (now + lifetime - backdate).as_second().min(end)])
}

fn write_unsigned(
    writer: DERWriter<'_>,
    issuer: &X509Certificate<'_>,
    order: &Order<'_>,
    serial: &[u8],
    validity: [i64; 2],
) {
    let info = &order.request.certification_request_info;
    writer.write_sequence(|parts| {
        parts.next().write_tagged(Tag::context(0), |version| version.write_u8(2));
        parts.next().write_bigint_bytes(serial, true);
        write_algorithm(parts.next());
        parts.next().write_der(issuer.subject().as_raw());
        parts.next().write_sequence(|times| {
            for seconds in validity {
                times.next().write_generalized_time(&time(seconds));
            }
        });
        parts.next().write_der(info.subject.as_raw());
        parts.next().write_der(info.subject_pki.raw);
        parts.next().write_tagged(Tag::context(3), |extensions| write_extensions(extensions, issuer, order));
    });
}

fn write_extensions(writer: DERWriter<'_>, issuer: &X509Certificate<'_>, order: &Order<'_>) {
    writer.write_sequence(|extensions| {
        let mut add = |oid: &[u64], critical: bool, value: &[u8]| {
            extensions.next().write_sequence(|parts| {
                parts.next().write_oid(&ObjectIdentifier::from_slice(oid));
                if critical {
                    parts.next().write_bool(true);
                }
                parts.next().write_bytes(value);
            });
        };
        if let Some(usage) = key_usage(order.usages) {
            add(KEY_USAGE, true, &usage);
        }
        if let Some(purposes) = purposes(order.usages) {
            add(EXTENDED_KEY_USAGE, false, &purposes);
        }
        add(BASIC_CONSTRAINTS, true, &construct_der(|writer| writer.write_sequence(|_| {})));
        if let Some(identifier) = key_identifier(issuer) {
            let value = construct_der(|writer| {
                writer.write_sequence(|parts| {
                    parts.next().write_tagged_implicit(Tag::context(0), |id| id.write_bytes(identifier));
                });
            });
            add(AUTHORITY_KEY_IDENTIFIER, false, &value);
        }
        if let Some(names) = alternative_names(order.request) {
            add(SUBJECT_ALTERNATIVE_NAME, false, names);
        }
    });
}

/// The uses of the key as a bit string.
fn key_usage(usages: &[String]) -> Option<Vec<u8>> {
    let bits = usages.iter().filter_map(|usage| KEY_USAGES.iter().find(|(name, _)| name == usage));
    let bits: Vec<u8> = bits.map(|(_, bit)| *bit).collect();
    let last = bits.iter().copied().max()?;
    let mut bytes = [0_u8; 2];
    for bit in bits {
        if let Some(byte) = bytes.get_mut(usize::from(bit / 8)) {
            *byte |= 0x80 >> (bit % 8);
        }
    }
    let length = usize::from(last) + 1;
    let bytes = bytes.get(..length.div_ceil(8)).unwrap_or(&bytes);
    Some(construct_der(|writer| writer.write_bitvec_bytes(bytes, length)))
}

/// The purposes as a list, each once.
fn purposes(usages: &[String]) -> Option<Vec<u8>> {
    let known = PURPOSES.iter().filter(|(name, _)| usages.iter().any(|usage| usage == name));
    let mut oids: Vec<&[u64]> = known.map(|(_, oid)| *oid).collect();
    oids.dedup();
    let write = |writer: DERWriter<'_>| {
        writer.write_sequence(|list| {
            for oid in &oids {
                list.next().write_oid(&ObjectIdentifier::from_slice(oid));
            }
        });
    };
    (!oids.is_empty()).then(|| construct_der(write))
}

fn key_identifier<'a>(issuer: &'a X509Certificate<'_>) -> Option<&'a [u8]> {
    issuer.extensions().iter().find_map(|extension| match extension.parsed_extension() {
        ParsedExtension::SubjectKeyIdentifier(identifier) => Some(identifier.0),
        _ => None,
    })
}

/// The names that are asked for beside the subject, as they stand in the request.
fn alternative_names<'a>(request: &'a X509CertificationRequest<'a>) -> Option<&'a [u8]> {
    request.certification_request_info.iter_attributes().find_map(|attribute| {
        let ParsedCriAttribute::ExtensionRequest(requested) = attribute.parsed_attribute() else { return None };
        let names = |of: &&x509_parser::extensions::X509Extension<'a>| {
            matches!(of.parsed_extension(), ParsedExtension::SubjectAlternativeName(_))
        };
        requested.extensions.iter().find(names).map(|extension| extension.value)
    })
}

fn write_algorithm(writer: DERWriter<'_>) {
    writer.write_sequence(|parts| parts.next().write_oid(&ObjectIdentifier::from_slice(ECDSA_WITH_SHA256)));
}

fn time(seconds: i64) -> GeneralizedTime {
    let time = time::OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(time::OffsetDateTime::UNIX_EPOCH);
    GeneralizedTime::from_datetime(time)
}

fn pem(der: &[u8]) -> String {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let text = STANDARD.encode(der);
    let lines = text.as_bytes().chunks(64).map(String::from_utf8_lossy).collect::<Vec<_>>().join("\n");
    format!("-----BEGIN CERTIFICATE-----\n{lines}\n-----END CERTIFICATE-----\n")
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, KeyPair, SanType};

    const NOW: Timestamp = Timestamp::constant(1_800_000_000, 0);

    pub(in crate::certificates) fn authority() -> Authority {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "ca");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.not_after = time::OffsetDateTime::from_unix_timestamp(2_000_000_000).unwrap();
        let key = KeyPair::generate().unwrap();
        Authority { certificate: params.self_signed(&key).unwrap().pem(), key: key.serialize_pem() }
    }

    pub(in crate::certificates) fn request(name: &str, organization: &str, dns: &[&str]) -> String {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.distinguished_name.push(DnType::OrganizationName, organization);
        params.subject_alt_names = dns.iter().map(|name| SanType::DnsName((*name).try_into().unwrap())).collect();
        params.serialize_request(&KeyPair::generate().unwrap()).unwrap().pem().unwrap()
    }

    #[test]
    fn a_certificate_is_what_was_asked_for_and_the_authority_stands_for_it() {
        let authority = authority();
        let block = read(request("system:node:n1", "system:nodes", &["n1", "n1.local"]).as_bytes()).unwrap();
        let (_, request) = X509CertificationRequest::from_der(&block.contents).unwrap();
        let usages = ["server auth", "digital signature", "key encipherment"].map(ToOwned::to_owned);
        let order = Order { request: &request, usages: &usages, lifetime: SignedDuration::from_hours(24) };
        let signed = sign(&authority, &order, NOW).unwrap();

        let (_, block) = parse_x509_pem(signed.as_bytes()).unwrap();
        let (_, certificate) = X509Certificate::from_der(&block.contents).unwrap();
        let (_, issuer) = parse_x509_pem(authority.certificate.as_bytes()).unwrap();
        let issuer = issuer.parse_x509().unwrap();
        certificate.verify_signature(Some(issuer.public_key())).unwrap();
        assert_eq!(certificate.subject(), &request.certification_request_info.subject);
        let names = certificate.subject_alternative_name().unwrap().unwrap().value.general_names.len();
        let usage = certificate.key_usage().unwrap().unwrap().value;
        let purposes = certificate.extended_key_usage().unwrap().unwrap().value;
        assert_eq!(
            (names, usage.digital_signature(), usage.key_encipherment(), usage.key_cert_sign()),
            (2, true, true, false)
        );
        assert!(purposes.server_auth && !purposes.client_auth && !certificate.is_ca());
        let validity = certificate.validity();
        assert_eq!(validity.not_before.timestamp(), NOW.as_second() - 300);
        assert_eq!(validity.not_after.timestamp(), NOW.as_second() + 24 * 3600 - 300);
    }

    #[test]
    fn no_certificate_outlives_its_authority() {
        let authority = authority();
        let block = read(request("joe", "people", &[]).as_bytes()).unwrap();
        let (_, request) = X509CertificationRequest::from_der(&block.contents).unwrap();
        let order = Order { request: &request, usages: &[], lifetime: SignedDuration::from_hours(24 * 365 * 50) };
        let signed = sign(&authority, &order, NOW).unwrap();
        let (_, block) = parse_x509_pem(signed.as_bytes()).unwrap();
        assert_eq!(block.parse_x509().unwrap().validity().not_after.timestamp(), 2_000_000_000);
        assert!(sign(&authority, &order, Timestamp::constant(2_000_000_000, 0)).is_err());
    }

    #[test]
    fn what_is_no_request_is_not_read() {
        let good = request("joe", "people", &[]);
        for text in ["", "nonsense", &good.replace('A', "B")] {
            assert!(read(text.as_bytes()).is_err(), "{text}");
        }
    }
}
