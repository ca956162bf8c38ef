/// What a store knows of an object beside its bytes: what is carried along when it moves to another store.
package struct CarriedObject: Sendable, Equatable {
    package struct Field: Sendable, Equatable {
        package var name: String
        package var value: String

        package init(_ name: String, _ value: String) {
            (self.name, self.value) = (name, value)
        }
    }

    package var key: String
    /// Without quotes; nil: that of the bytes.
    package var etag: String?
    /// Headers in lower case, `meta:` with user metadata, `tag:` with tags, and what a dialect keeps.
    package var fields: [Field]

    package init(key: String, etag: String? = nil, fields: [Field]) {
        (self.key, self.etag, self.fields) = (key, etag, fields)
    }

    /// Whether its bytes make sense only together with a key that the store does not have (SSE-C).
    package var isSealed: Bool { fields.contains { $0.name == CustomerKey.field } }
}

/// A bucket, or a container, on its way to another store.
package struct CarriedBucket: Sendable, Equatable {
    package var name: String
    package var owner: String
    /// Policies, rules and switches.
    package var fields: [CarriedObject.Field]

    package init(name: String, owner: String = "minioadmin", fields: [CarriedObject.Field] = []) {
        (self.name, self.owner, self.fields) = (name, owner, fields)
    }
}

extension FieldList {
    var carried: [CarriedObject.Field] { fields.map { CarriedObject.Field($0.name, $0.value) } }

    init(carried: [CarriedObject.Field]) {
        self.init()
        for field in carried { self[field.name] = field.value }
    }
}
