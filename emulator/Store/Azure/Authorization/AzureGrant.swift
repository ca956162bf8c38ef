import NIOHTTP1

/// What a request may do, once it was found out who sent it.
struct AzureGrant {
    /// Letters of the permissions; nil: everything.
    var permissions: Set<Character>?
    /// Letters of the resource types an account signature covers; nil: all.
    var resourceTypes: Set<Character>?
    /// Whether it comes from a signature for a container or what is in it: such a one says nothing of containers
    /// themselves.
    var isOfService = false
    /// Who asks, for events.
    var principal: String
    /// The tenant of who asks, where a bearer token names one.
    var tenant = "00000000-0000-0000-0000-000000000000"
    /// The encryption scope that a signature wants everything written in.
    var encryptionScope: String?
    /// Headers of answers that a signature overrides.
    var overrides: [(name: String, value: String)] = []

    static func owner(_ account: String) -> AzureGrant { AzureGrant(principal: account) }

    func require(_ need: AzureNeed) throws(AzureError) {
        if let resourceTypes, !resourceTypes.contains(need.resource) {
            throw AzureError(
                403, "AuthorizationResourceTypeMismatch",
                "This request is not authorized to perform this operation using this resource type.")
        }
        if let permissions, permissions.isDisjoint(with: need.permissions) { throw .permissionMismatch }
        if isOfService && !need.isOfService { throw .permissionMismatch }
    }

    /// Whether it has one of these letters.
    func has(_ letters: String) -> Bool { permissions?.isDisjoint(with: letters) == false || permissions == nil }
}

/// What an operation takes.
struct AzureNeed {
    /// `s`, `c` or `o`.
    var resource: Character
    /// Any one of these letters is enough; none: no signature grants it.
    var permissions: Set<Character>
    /// Whether a signature for a container can grant it.
    var isOfService: Bool

    /// - Parameter isOfService: nil: where it is about what is in a container.
    init(_ resource: Character, _ permissions: String, isOfService: Bool? = nil) {
        self.resource = resource
        self.permissions = Set(permissions)
        self.isOfService = isOfService ?? (resource == "o")
    }
}
