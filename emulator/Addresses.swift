import JSON

/// Where everything of a running emulator is: what `emulator.json` and `start --json` say.
struct Addresses: Sendable, Equatable {
    /// A person or program that may use the S3 dialect.
    struct User: Sendable, Equatable {
        var id: String
        var name: String
        var email: String
        var access: String
        var secret: String
    }

    /// The process id of the emulator.
    var process: Int32
    /// The base URL of the functions' HTTP routes and of the page.
    var gateway: String
    /// The base URL of the dashboard and its API.
    var dashboard: String
    var s3Endpoint: String
    var s3Users: [User]
    var blobEndpoint: String
    /// Names the queues' endpoint, too.
    var blobConnectionString: String
    var queueEndpoint: String
    /// The bucket, and the container, that functions use.
    var bucket: String
    var postgres: String
    var redis: String
    /// Name to base URL.
    var providers: [String: String]
    /// The PEM file with the authority behind those that are https; another one at each start.
    var providersCertificate = ""

    /// The one line of `start --json`.
    var json: JSON {
        let users = s3Users.map { user -> JSON in
            [
                "id": .string(user.id), "name": .string(user.name), "email": .string(user.email),
                "access": .string(user.access), "secret": .string(user.secret),
            ]
        }
        let stands = providers.sorted { $0.key < $1.key }.map { ($0.key, JSON.string($0.value)) }
        return [
            "gateway": .string(gateway), "dashboard": .string(dashboard),
            "s3": [
                "endpoint": .string(s3Endpoint), "accessKey": .string(s3Users.first?.access ?? ""),
                "secretKey": .string(s3Users.first?.secret ?? ""), "bucket": .string(bucket), "users": .array(users),
            ],
            "blob": [
                "endpoint": .string(blobEndpoint), "connectionString": .string(blobConnectionString),
                "container": .string(bucket),
            ],
            "queue": ["endpoint": .string(queueEndpoint), "connectionString": .string(blobConnectionString)],
            "postgres": .string(postgres), "redis": .string(redis), "providers": .object(JSONObject(stands)),
            "providersCertificate": .string(providersCertificate),
            "process": .integer(Int64(process)),
        ]
    }
}
