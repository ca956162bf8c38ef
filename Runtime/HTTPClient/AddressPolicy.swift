/// Which addresses a request may connect to. Asked after the name was resolved, for every connection of every redirect,
/// so that no name and no redirect leads where the policy does not.
package enum AddressPolicy: Hashable, Sendable {
    /// Anywhere: for hosts that the configuration names.
    case any
    /// The public internet only: for URLs that come from outside. A proxy of the environment is not used then: it
    /// would resolve the name itself.
    case publicOnly

    /// Whether `address` may be connected to.
    package func allows(_ address: IPAddress) -> Bool { self == .any || address.isPublic }
}
