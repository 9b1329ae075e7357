//! The pod network as its users see it: start, attach a pod, release its address.

use crate::{
    Error, MacAddress, Result,
    address_pool::AddressPool,
    attachment::{Attachment, host_interface},
    bridge::Bridge,
    cidr, claim, forwarding, masquerade,
    nftables::Nftables,
    record,
    route::{Request, Route},
    survey::Survey,
    sysctl,
};
use ipnet::Ipv4Net;
use std::{
    net::Ipv4Addr,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::oneshot;

/// What a node's pod network is made from.
#[derive(Debug, Clone)]
pub struct Config {
    /// The bridge's name, at most 15 characters, and no other instance's; the nftables table has the same name.
    pub bridge: String,
    /// The node's part of the cluster's pod CIDR ([`crate::node_slice`]); its first address is the node's own.
    pub pod_cidr: Ipv4Net,
    /// The folder with a folder for each pod, by uid, where the pods' addresses are kept.
    pub pods_dir: PathBuf,
}

/// A pod's place in the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PodAddress {
    pub ip: Ipv4Addr,
    pub gateway: Ipv4Addr,
    pub mac: MacAddress,
}

/// The running pod network of a node. It lives in the network namespace of the thread that started it and outlives
/// this handle: pods keep their network while the server restarts.
#[derive(Debug, Clone)]
pub struct Network {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    config: Config,
    bridge_index: u32,
    mtu: u32,
    pool: Mutex<AddressPool>,
    route: Mutex<Route>,
    nftables: Mutex<Nftables>,
}

impl Network {
    /// Brings the network up, or takes over and corrects what an earlier run left, and knows again which pod has which
    /// address. Takes a few milliseconds, blocking. [`Error::CidrTaken`] if another interface has the pod CIDR by now:
    /// who chose it with [`crate::choose_pod_cidr`] chooses again.
    pub fn start(config: Config) -> Result<Network> {
        let mut pool = AddressPool::new(config.pod_cidr)?;
        for (pod_uid, address) in record::read_all(&config.pods_dir)? {
            if let Err(error) = pool.adopt(&pod_uid, address) {
                tracing::warn!(%error, "the pod has lost its network");
            }
        }
        let mut route = Route::open()?;
        // Held until the bridge stands: of two instances that chose the same network at once, one is told so.
        let _turn = claim::take_turn()?;
        let survey = Survey::take(&mut route)?;
        cidr::still_free(pool.cidr(), &config.bridge, &survey.taken())?;
        let bridge = Bridge::new(&config.bridge, own_address(&pool), &survey);
        let bridge_index = bridge.ensure(&mut route, &survey)?;
        sysctl::prepare(&config.bridge)?;
        let mut nftables = Nftables::open()?;
        masquerade::install(&mut nftables, &config.bridge, pool.cidr())?;
        forwarding::permit(&mut nftables, &config.bridge)?;
        let mtu = bridge.mtu;
        let (pool, route, nftables) = (Mutex::new(pool), Mutex::new(route), Mutex::new(nftables));
        Ok(Network { inner: Arc::new(Inner { config, bridge_index, mtu, pool, route, nftables }) })
    }

    /// Gives the pod an address and its network namespace an `eth0` with it, a default route and a running `lo`.
    ///
    /// A pod that has an address keeps it, so a new sandbox of a pod has the old
    /// one's address unless it was released in between. To detach the pod, let its namespace go: the kernel drops the
    /// interface with it.
    pub async fn attach(&self, pod_uid: &str, namespace: BorrowedFd<'_>) -> Result<PodAddress> {
        let duplicate = namespace.try_clone_to_owned();
        let namespace = duplicate.map_err(|error| Error::kernel("keep the pod's network namespace", error))?;
        let (inner, pod_uid) = (Arc::clone(&self.inner), pod_uid.to_owned());
        let (sender, receiver) = oneshot::channel();
        // A short-lived thread of its own, because it enters the pod's namespace for good.
        let thread = std::thread::Builder::new().name("pod network".to_owned());
        let failed = |error: std::io::Error| Error::kernel("attach the pod to the network", error);
        // Nobody listening means that the caller has given up; what was attached goes with the namespace.
        thread.spawn(move || sender.send(inner.attach(&pod_uid, &namespace)).ok()).map_err(failed)?;
        receiver.await.map_err(|_| failed(std::io::Error::other("its thread panicked")))?
    }

    /// The address of a pod that is attached, also by a run before this one.
    #[must_use]
    pub fn address(&self, pod_uid: &str) -> Option<PodAddress> {
        let pool = lock(&self.inner.pool);
        pool.get(pod_uid).map(|ip| place(&pool, ip))
    }

    /// Frees the address of a pod that is gone. Nothing happens if it has none.
    pub fn release(&self, pod_uid: &str) -> Result<()> {
        let mut pool = lock(&self.inner.pool);
        record::remove(&self.inner.config.pods_dir, pod_uid)?;
        pool.release(pod_uid);
        Ok(())
    }

    /// The node's part of the pod CIDR.
    #[must_use]
    pub fn pod_cidr(&self) -> Ipv4Net {
        lock(&self.inner.pool).cidr()
    }

    /// The node's own address: what packets to the outside carry; its address on the bridge when there is no way out.
    pub fn node_address(&self) -> Result<Ipv4Addr> {
        let outside = Survey::take(&mut lock(&self.inner.route))?.uplink_address();
        Ok(outside.unwrap_or_else(|| lock(&self.inner.pool).gateway()))
    }

    /// Takes the bridge and the rules away. Pods that still run are cut off; their addresses stay recorded.
    pub fn remove(self) -> Result<()> {
        let bridge = &self.inner.config.bridge;
        let mut nftables = lock(&self.inner.nftables);
        masquerade::remove(&mut nftables, bridge)?;
        forwarding::revoke(&mut nftables, bridge)?;
        lock(&self.inner.route).apply(vec![Request::delete_link(bridge)])
    }
}

impl Inner {
    /// Runs on a thread that ends afterwards. The route socket is the node's, whatever namespace the thread is in.
    fn attach(&self, pod_uid: &str, namespace: &OwnedFd) -> Result<PodAddress> {
        let place = {
            let mut pool = lock(&self.pool);
            let ip = pool.allocate(pod_uid)?;
            if let Err(error) = record::write(&self.config.pods_dir, pod_uid, ip) {
                pool.release(pod_uid);
                return Err(error);
            }
            place(&pool, ip)
        };
        let attachment = Attachment {
            host_name: host_interface(&self.config.bridge, pod_uid),
            bridge: self.bridge_index,
            mtu: self.mtu,
            address: place.ip,
            gateway: place.gateway,
            namespace: namespace.as_fd(),
        };
        // A firewall may have come since the last pod did.
        forwarding::permit(&mut lock(&self.nftables), &self.config.bridge)?;
        attachment.create_pair(&mut lock(&self.route))?;
        attachment.enter_and_set_up()?;
        lock(&self.route).settle(&attachment.host_name)?;
        Ok(place)
    }
}

/// What a lock guards here is whole between any two statements, so a panic elsewhere leaves it usable.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn place(pool: &AddressPool, ip: Ipv4Addr) -> PodAddress {
    PodAddress { ip, gateway: pool.gateway(), mac: MacAddress::of(ip) }
}

/// The node's address on the bridge, with the prefix that makes it the node's route to its pods.
fn own_address(pool: &AddressPool) -> Ipv4Net {
    // The prefix length is that of a network that parsed.
    Ipv4Net::new_assert(pool.gateway(), pool.cidr().prefix_len())
}
