use super::*;
use proptest::prelude::*;

fn message(length: u32, kind: u16, flags: u16, sequence: u32, body: &[u8]) -> Vec<u8> {
    let parts: [&[u8]; 6] =
        [&length.to_ne_bytes(), &kind.to_ne_bytes(), &flags.to_ne_bytes(), &sequence.to_ne_bytes(), &[0; 4], body];
    parts.concat()
}

#[test]
fn a_datagram_is_split_at_aligned_lengths() {
    let refused = message(20, ERROR, 0, 8, &(-17_i32).to_ne_bytes());
    let datagram = [message(18, 16, 0, 7, &[1, 2, 0, 0]), refused].concat();
    let all: Vec<_> = answers(&datagram).collect();
    let seen: Vec<_> = all.iter().map(|answer| (answer.kind, answer.sequence, answer.body.len())).collect();
    assert_eq!(seen, [(16, 7, 2), (ERROR, 8, 4)]);
    assert_eq!(all[1].outcome().unwrap_err().raw_os_error(), Some(17));
    assert_eq!(all[1].explanation(), None);
}

#[test]
fn the_kernels_words_follow_the_request_or_its_header() {
    let words = Attributes::default().text(NLMSGERR_ATTR_MSG, "Device is up");
    let request = message(24, 16, 0, 1, &[7; 8]);
    for (flags, repeated) in [(flags::EXPLAINED, &request[..]), (flags::EXPLAINED | flags::CAPPED, &request[..16])] {
        let body = [&(-16_i32).to_ne_bytes(), repeated, &words.0].concat();
        let error = Answer { kind: ERROR, flags, sequence: 1, body: &body };
        assert_eq!(error.explanation().unwrap(), "Device is up");
    }
}

#[test]
fn nonsense_ends_the_datagram() {
    for datagram in
        [vec![], vec![1, 2], message(0, 1, 0, 1, &[]), message(9000, 1, 0, 1, &[]), message(12, 1, 0, 1, &[])]
    {
        assert_eq!(answers(&datagram).count(), 0);
    }
    let short = message(16, ERROR, 0, 1, &[]);
    assert!(answers(&short).next().unwrap().outcome().is_err());
}

proptest! {
    #[test]
    fn no_answer_is_too_odd_to_be_taken_apart(datagram in prop::collection::vec(any::<u8>(), 0..200), flags: u16) {
        crate::read_anything(&datagram);
        crate::read_anything(&message(u32::try_from(HEADER + datagram.len()).unwrap(), ERROR, flags, 1, &datagram));
    }
}
