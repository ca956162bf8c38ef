package import JSON

/// A JSON Schema (draft 2020-12), derived from a type so that it is written nowhere else.
///
/// Optional properties are not required; `UUID` and `Date` carry their formats; enumerations of texts that are
/// `CaseIterable` list their values. A type that only encodes cannot be asked, and gets the schema that allows anything.
public struct Schema: Sendable, Hashable {
    /// The schema as JSON; `{}` allows anything.
    package let json: JSON

    /// The schema that allows anything.
    public init() { json = [:] }

    package init(_ json: JSON) { self.json = json }

    /// The schema of a type.
    public init(of type: any Decodable.Type) {
        json = SchemaProbe.schema(of: type, within: [])
    }
}
