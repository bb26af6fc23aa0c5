use std::sync::Arc;

use protocol::close::CloseCode;

use super::Node;

/// Renews the leases of this node's sockets, for ever.
pub(super) async fn renew(node: Arc<Node>) {
    loop {
        tokio::time::sleep(node.timings.lease_renewal()).await;
        node.renew_leases().await;
    }
}

/// Once in a heartbeat: closes the sockets of deactivated accounts. (If the directory is the platform's own, no event reports a deactivation.)
pub(super) async fn check_accounts(node: Arc<Node>) {
    loop {
        tokio::time::sleep(node.timings.heartbeat).await;
        let users = node.registry.users();
        if users.is_empty() {
            continue;
        }
        match node.messaging.inactive_among(&users).await {
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
    /// Renews the leases of all sockets of this node, and the interest of those for one conversation in the presence of its participants.
    pub(super) async fn renew_leases(&self) {
        let (leases, watching) = (self.registry.leases(), self.registry.watching());
        if leases.is_empty() {
            return;
        }
        if let Err(error) = self.messaging.renew_presence(&leases).await {
            tracing::warn!(error = %error, sockets = leases.len(), "leases could not be renewed");
        }
        if let Err(error) = self.messaging.watch_presence(&watching).await {
            tracing::warn!(error = %error, "it could not be noted who looks at which conversation");
        }
    }
}
