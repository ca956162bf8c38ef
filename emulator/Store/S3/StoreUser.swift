/// Somebody who may sign S3 requests.
package struct StoreUser: Sendable, Hashable {
    /// The canonical id that owners and grants name.
    package var id: String
    /// What lists show beside it.
    package var name: String
    package var email: String
    package var accessKey: String
    package var secretKey: String

    package init(id: String, name: String, email: String, accessKey: String, secretKey: String) {
        self.id = id
        self.name = name
        self.email = email
        self.accessKey = accessKey
        self.secretKey = secretKey
    }

    /// `minioadmin` with the secret `minioadmin`, which every MinIO tutorial uses.
    package static let standard = StoreUser(
        id: "minioadmin", name: "minioadmin", email: "minioadmin@localhost", accessKey: "minioadmin",
        secretKey: "minioadmin")
}
