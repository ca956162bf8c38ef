/// The variables that point functions at a stand-in.
package struct StandInSettings: Sendable, Hashable {
    /// Variables that name a real account or server. A person who has set one of them means the real provider: none of
    /// ``values`` is given then, so that no real key reaches a stand-in.
    package let reserved: [String]
    package let values: [String: String]
    /// The provider's name; the server fills it in.
    package var name: String

    package init(reserved: [String], values: [String: String], name: String = "") {
        self.reserved = reserved
        self.values = values
        self.name = name
    }
}
