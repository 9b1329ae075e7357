//! The pod network as its users see it: start, attach a pod, release its address.

use crate::{
    Cidrs, Error, Result,
    address_pools::{AddressPools, PodAddress},
    attachment::{Attachment, host_interface},
    bridge::Bridge,
    choice, claim, forwarding, masquerade, record,
    survey::Survey,
    sysctl,
};
use netlink::{
    AddressFamily,
    nftables::Nftables,
    rtnetlink::{Rtnetlink, delete_link, ignore_missing},
};
use std::{
    net::IpAddr,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::oneshot;

/// What a node's pod network is made from.
#[derive(Debug, Clone)]
pub struct Config {
    /// The bridge's name, at most 15 characters, and no other instance's; the nftables tables have the same name.
    pub bridge: String,
    /// The node's parts of the cluster's pod CIDRs ([`crate::node_slices`]); their first addresses are the node's own.
    pub pod_cidrs: Cidrs,
    /// The folder with a folder for each pod, by uid, where the pods' addresses are kept.
    pub pods_dir: PathBuf,
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
    /// Whether this start has made the bridge, and not an earlier run whose pods may still use it.
    is_new: bool,
    pools: Mutex<AddressPools>,
    kernel: Mutex<Kernel>,
}

/// The sockets of the node's network namespace, whatever namespace the thread that uses them is in.
#[derive(Debug)]
struct Kernel {
    netlink: Rtnetlink,
    nftables: Nftables,
}

impl Network {
    /// Brings the network up, or takes over and corrects what an earlier run left, and knows again which pod has which
    /// addresses. Takes a few milliseconds, blocking. Leaves nothing new behind when it fails. [`Error::CidrTaken`] if
    /// another interface has the pod CIDR by now: who chose it with [`crate::choose_pod_cidrs`] chooses again.
    pub fn start(config: Config) -> Result<Network> {
        let pools = known_pools(&config)?;
        let mut kernel = Kernel { netlink: Rtnetlink::open()?, nftables: Nftables::open()? };
        // Held until the bridge stands: of two instances that chose the same network at once, one is told so.
        let _turn = claim::take_turn()?;
        let survey = Survey::take(&mut kernel.netlink)?;
        choice::still_free(&config.pod_cidrs, &config.bridge, &survey.taken())?;
        let bridge = Bridge::new(&config.bridge, pools.gateways(), &survey);
        let is_new = survey.link(&config.bridge).is_none();
        match kernel.bring_up(&bridge, &config.pod_cidrs, &survey) {
            Ok(bridge_index) => {
                let (mtu, pools, kernel) = (bridge.mtu, Mutex::new(pools), Mutex::new(kernel));
                Ok(Network { inner: Arc::new(Inner { config, bridge_index, mtu, is_new, pools, kernel }) })
            }
            Err(error) => {
                if is_new && let Err(error) = kernel.take_down(&config.bridge) {
                    tracing::warn!(%error, "cannot take away what is there of the pods' network");
                }
                Err(error)
            }
        }
    }

    /// Gives the pod its addresses and its network namespace an `eth0` with them, default routes and a running `lo`.
    ///
    /// A pod that has addresses keeps them, so a new sandbox of a pod has the old
    /// one's addresses unless they were released in between. To detach the pod, let its namespace go: the kernel drops
    /// the interface with it.
    pub async fn attach(&self, pod_uid: &str, namespace: BorrowedFd<'_>) -> Result<Vec<PodAddress>> {
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

    /// The addresses of a pod that is attached, also by a run before this one; none of any other pod.
    #[must_use]
    pub fn addresses(&self, pod_uid: &str) -> Vec<PodAddress> {
        lock(&self.inner.pools).get(pod_uid)
    }

    /// Frees the addresses of a pod that is gone. Nothing happens if it has none. Blocking.
    pub fn release(&self, pod_uid: &str) -> Result<()> {
        let mut pools = lock(&self.inner.pools);
        record::remove(&self.inner.config.pods_dir, pod_uid)?;
        pools.release(pod_uid);
        Ok(())
    }

    /// The node's parts of the pod CIDRs, the preferred family's first.
    #[must_use]
    pub fn pod_cidrs(&self) -> &Cidrs {
        &self.inner.config.pod_cidrs
    }

    /// The node's own addresses, the preferred family's first: what packets to the outside carry; those on the bridge
    /// where there is no way out.
    pub fn node_addresses(&self) -> Result<Vec<IpAddr>> {
        let survey = Survey::take(&mut lock(&self.inner.kernel).netlink)?;
        let own = |gateway: IpAddr| survey.uplink_address(AddressFamily::of(gateway)).unwrap_or(gateway);
        Ok(self.pod_cidrs().first_addresses().map(own).collect())
    }

    /// Takes bridge and rules away. Pods that still run are cut off; their addresses stay recorded. Blocking.
    pub fn remove(self) -> Result<()> {
        lock(&self.inner.kernel).take_down(&self.inner.config.bridge)
    }

    /// Takes back what [`Network::start`] made, for who cannot go on; nothing that an earlier run has left, because
    /// its pods may use it. Blocking.
    pub fn abandon(self) -> Result<()> {
        if self.inner.is_new { self.remove() } else { Ok(()) }
    }
}

impl Inner {
    /// Runs on a thread that ends afterwards.
    fn attach(&self, pod_uid: &str, namespace: &OwnedFd) -> Result<Vec<PodAddress>> {
        let addresses = self.allocate(pod_uid)?;
        let attachment = Attachment {
            host_name: host_interface(&self.config.bridge, pod_uid),
            bridge: self.bridge_index,
            mtu: self.mtu,
            addresses: &addresses,
            namespace: namespace.as_fd(),
        };
        {
            let mut kernel = lock(&self.kernel);
            // A firewall may have come since the last pod did.
            kernel.permit(&self.config.bridge, &self.config.pod_cidrs)?;
            attachment.create_pair(&mut kernel.netlink)?;
        }
        attachment.enter_and_set_up()?;
        lock(&self.kernel).netlink.settle(&attachment.host_name)?;
        Ok(addresses)
    }

    fn allocate(&self, pod_uid: &str) -> Result<Vec<PodAddress>> {
        let mut pools = lock(&self.pools);
        let addresses = pools.allocate(pod_uid)?;
        let ips = addresses.iter().map(|address| address.ip).collect();
        if let Err(error) = record::write(&self.config.pods_dir, pod_uid, ips) {
            pools.release(pod_uid);
            return Err(error);
        }
        Ok(addresses)
    }
}

impl Kernel {
    /// Returns the index of the bridge.
    fn bring_up(&mut self, bridge: &Bridge, pods: &Cidrs, survey: &Survey) -> Result<u32> {
        let index = bridge.ensure(&mut self.netlink, survey)?;
        sysctl::prepare_node(&bridge.name, &pods.families().collect::<Vec<_>>(), survey)?;
        masquerade::install(&mut self.nftables, &bridge.name, pods)?;
        self.permit(&bridge.name, pods)?;
        Ok(index)
    }

    fn permit(&mut self, bridge: &str, pods: &Cidrs) -> Result<()> {
        pods.families().try_for_each(|family| forwarding::permit(&mut self.nftables, bridge, family))
    }

    fn take_down(&mut self, bridge: &str) -> Result<()> {
        for family in [AddressFamily::Ipv4, AddressFamily::Ipv6] {
            masquerade::remove(&mut self.nftables, bridge, family)?;
            forwarding::revoke(&mut self.nftables, bridge, family)?;
        }
        Ok(ignore_missing(self.netlink.apply(&[delete_link(bridge)]))?)
    }
}

/// The pools, with the addresses that the pods' folders name.
fn known_pools(config: &Config) -> Result<AddressPools> {
    let mut pools = AddressPools::new(&config.pod_cidrs)?;
    for (pod_uid, ips) in record::read_all(&config.pods_dir)? {
        for error in pools.adopt(&pod_uid, &ips).into_iter().filter_map(Result::err) {
            tracing::warn!(%error, "the pod has lost its network");
        }
    }
    Ok(pools)
}

/// What a lock guards here is whole between any two statements, so a panic elsewhere leaves it usable.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
