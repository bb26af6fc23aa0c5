use std::sync::Arc;

use protocol::close::CloseCode;

use super::Node;

/// Once in a heartbeat: renews the leases of this node's sockets, and closes those of deactivated accounts. (If the directory is the platform's own, no
/// event reports a deactivation.)
pub(super) async fn run(node: Arc<Node>) {
    loop {
        tokio::time::sleep(node.timings.heartbeat).await;
        if !node.renew_leases().await {
            continue;
        }
        match node.messaging.inactive_among(&node.registry.users()).await {
            Ok(inactive) => {
                let sockets = node.registry.read();
                for user in inactive {
                    sockets.of(user).for_each(|socket| socket.outbox.close(CloseCode::NotAuthenticated));
                }
            }
            Err(error) => tracing::warn!(error = %error, "could not ask which accounts are active"),
        }
    }
}

impl Node {
    /// Renews the leases of all sockets of this node. False if there are none.
    pub(super) async fn renew_leases(&self) -> bool {
        let leases = self.registry.leases();
        if leases.is_empty() {
            return false;
        }
        if let Err(error) = self.messaging.renew_presence(&leases).await {
            tracing::warn!(error = %error, sockets = leases.len(), "leases could not be renewed");
        }
        true
    }
}
