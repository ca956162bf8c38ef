/// The members of a JSON object, in the order in which they were written.
///
/// Members are found by walking the list while there are few, and by an index once there are many: real objects are
/// small, and a hash table for each would cost more than it saves.
package struct JSONObject: Sendable {
    /// One name with its value.
    package struct Member: Sendable, Hashable {
        package let name: String
        package internal(set) var value: JSON
    }

    private var members: [Member] = []
    private var index: [String: Int]?

    /// Up to this many members are searched one by one.
    private static let linearLimit = 16

    /// An object without members.
    package init() {}

    /// An object of these members; of several with one name the last one counts.
    package init(_ members: some Sequence<(String, JSON)>) {
        for (name, value) in members { self[name] = value }
    }

    /// Reserves room for that many members.
    package mutating func reserveCapacity(_ count: Int) {
        members.reserveCapacity(count)
    }

    /// The value of that name. Setting replaces it in its place or adds it at the end; nil removes the member.
    package subscript(name: String) -> JSON? {
        get { position(of: name).map { members[$0].value } }
        set {
            switch (position(of: name), newValue) {
            case (let position?, let value?): members[position].value = value
            case (let position?, nil): remove(at: position)
            case (nil, let value?): append(name, value)
            case (nil, nil): break
            }
        }
    }

    /// Adds a member unless the name is taken; says whether it did.
    package mutating func insert(_ name: String, _ value: JSON) -> Bool {
        guard position(of: name) == nil else { return false }
        append(name, value)
        return true
    }

    /// The names in their order.
    package var keys: [String] { members.map(\.name) }

    private func position(of name: String) -> Int? {
        if let index { return index[name] }
        return members.firstIndex { $0.name == name }
    }

    private mutating func append(_ name: String, _ value: JSON) {
        index?[name] = members.count
        members.append(Member(name: name, value: value))
        if index == nil, members.count > Self.linearLimit { reindex() }
    }

    private mutating func remove(at position: Int) {
        members.remove(at: position)
        if index != nil { reindex() }
    }

    private mutating func reindex() {
        index = Dictionary(uniqueKeysWithValues: zip(members.lazy.map(\.name), members.indices))
    }
}

extension JSONObject: RandomAccessCollection {
    package var startIndex: Int { members.startIndex }
    package var endIndex: Int { members.endIndex }
    package subscript(position: Int) -> Member { members[position] }
}

extension JSONObject: Hashable {
    /// Objects are equal when they have the same members; their order says nothing (RFC 8259, section 4).
    package static func == (left: JSONObject, right: JSONObject) -> Bool {
        guard left.count == right.count else { return false }
        if left.members == right.members { return true }
        return left.members.allSatisfy { right[$0.name] == $0.value }
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(Set(members))
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral members: (String, JSON)...) { self.init(members) }
}
