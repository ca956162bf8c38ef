/// The object id of a Postgres data type, as in `pg_type.dat` of the server's sources.
package struct PostgresType: RawRepresentable, Sendable, Hashable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// Left to the server, which takes the type that the parameter's place in the statement asks for.
    package static let inferred = PostgresType(rawValue: 0)

    static let bool = PostgresType(rawValue: 16)
    static let bytea = PostgresType(rawValue: 17)
    static let character = PostgresType(rawValue: 18)
    static let name = PostgresType(rawValue: 19)
    static let int8 = PostgresType(rawValue: 20)
    static let int2 = PostgresType(rawValue: 21)
    static let int4 = PostgresType(rawValue: 23)
    static let text = PostgresType(rawValue: 25)
    static let json = PostgresType(rawValue: 114)
    static let float4 = PostgresType(rawValue: 700)
    static let float8 = PostgresType(rawValue: 701)
    static let unknown = PostgresType(rawValue: 705)
    static let bpchar = PostgresType(rawValue: 1042)
    static let varchar = PostgresType(rawValue: 1043)
    static let date = PostgresType(rawValue: 1082)
    static let timestamp = PostgresType(rawValue: 1114)
    static let timestamptz = PostgresType(rawValue: 1184)
    static let interval = PostgresType(rawValue: 1186)
    static let numeric = PostgresType(rawValue: 1700)
    static let uuid = PostgresType(rawValue: 2950)
    static let jsonb = PostgresType(rawValue: 3802)

    static let boolArray = PostgresType(rawValue: 1000)
    static let int4Array = PostgresType(rawValue: 1007)
    static let int8Array = PostgresType(rawValue: 1016)
    static let textArray = PostgresType(rawValue: 1009)
    static let float8Array = PostgresType(rawValue: 1022)
    static let timestamptzArray = PostgresType(rawValue: 1185)
    static let uuidArray = PostgresType(rawValue: 2951)
    static let jsonbArray = PostgresType(rawValue: 3807)

    /// `FirstNormalObjectId`: types from here on are made by users, such as enumerations.
    var isUserDefined: Bool { rawValue >= 16384 }
}

extension PostgresType: CustomStringConvertible {
    private static let names: [PostgresType: String] = [
        .bool: "bool", .bytea: "bytea", .character: "\"char\"", .name: "name", .int8: "int8", .int2: "int2",
        .int4: "int4",
        .text: "text", .json: "json", .float4: "float4", .float8: "float8", .unknown: "unknown", .bpchar: "char",
        .varchar: "varchar", .date: "date", .timestamp: "timestamp", .timestamptz: "timestamptz", .interval: "interval",
        .numeric: "numeric", .uuid: "uuid", .jsonb: "jsonb", .boolArray: "bool[]", .int4Array: "int4[]",
        .int8Array: "int8[]", .textArray: "text[]", .float8Array: "float8[]", .timestamptzArray: "timestamptz[]",
        .uuidArray: "uuid[]", .jsonbArray: "jsonb[]",
    ]

    /// The type's name in SQL, or its number where it is not one of the common ones.
    package var description: String {
        Self.names[self] ?? "the type with oid \(rawValue)"
    }
}
