import Cryptography

/// How to reach a container of Azure Blob Storage, or of something that speaks its protocol.
package struct AzureConfiguration: Hashable, Sendable, CustomStringConvertible {
    /// With the account in its path where the service has it there, as emulators do.
    package var endpoint: StorageEndpoint
    /// What browsers reach, for signed URLs; nil for ``endpoint``.
    package var publicEndpoint: StorageEndpoint?
    package var account: String
    package var container: String
    package var credential: Credential

    /// What requests are authorized with.
    package enum Credential: Hashable, Sendable {
        /// The account's key, decoded. Only with it can signed URLs be made.
        case sharedKey([UInt8])
        /// A shared access signature, without the question mark.
        case sharedAccessSignature(String)
    }

    /// Azurite's well-known account, which every emulator accepts; its key is public
    /// (https://learn.microsoft.com/azure/storage/common/storage-use-azurite#well-known-storage-account-and-key).
    package static let developmentAccount = "devstoreaccount1"
    /// The key of ``developmentAccount``.
    package static let developmentKey =
        "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="

    /// - Throws: ``ObjectStorageError/Kind/invalidConfiguration``.
    package init(
        endpoint: String, publicEndpoint: String? = nil, account: String, container: String, credential: Credential
    ) throws(ObjectStorageError) {
        self.endpoint = try StorageEndpoint(endpoint)
        if let publicEndpoint { self.publicEndpoint = try StorageEndpoint(publicEndpoint) }
        guard !container.isEmpty, container.utf8.allSatisfy({ Self.isContainerCharacter($0) }) else {
            throw Self.invalid("\"\(container)\" is not a container name")
        }
        self.account = account
        self.container = container
        self.credential = credential
    }

    /// Reads a connection string as the portal shows it
    /// (https://learn.microsoft.com/azure/storage/common/storage-configure-connection-string), the short form
    /// `UseDevelopmentStorage=true` too.
    /// - Throws: ``ObjectStorageError/Kind/invalidConfiguration``; never with the string itself, which holds a secret.
    package init(
        connectionString: String, container: String, publicEndpoint: String? = nil
    ) throws(ObjectStorageError) {
        var settings: [String: String] = [:]
        for part in connectionString.split(separator: ";") {
            guard let equals = part.firstIndex(of: "=") else {
                throw Self.invalid("the connection string has a part without \"=\"")
            }
            settings[part[..<equals].lowercased()] = String(part[part.index(after: equals)...])
        }
        if settings["usedevelopmentstorage"]?.lowercased() == "true" {
            settings["accountname"] = Self.developmentAccount
            settings["accountkey"] = Self.developmentKey
            settings["blobendpoint"] = "http://127.0.0.1:10000/\(Self.developmentAccount)"
        }
        let credential: Credential
        if let text = settings["accountkey"] {
            guard let key = Base64.decode(text) else { throw Self.invalid("AccountKey is not base64") }
            credential = .sharedKey(key)
        } else if let signature = settings["sharedaccesssignature"] {
            credential = .sharedAccessSignature(signature.hasPrefix("?") ? String(signature.dropFirst()) : signature)
        } else {
            throw Self.invalid("the connection string has neither AccountKey nor SharedAccessSignature")
        }
        let account = settings["accountname"]
        var endpoint = settings["blobendpoint"]
        if endpoint == nil, let account {
            let suffix = settings["endpointsuffix"] ?? "core.windows.net"
            endpoint = "\(settings["defaultendpointsprotocol"] ?? "https")://\(account).blob.\(suffix)"
        }
        guard let endpoint else { throw Self.invalid("the connection string has neither BlobEndpoint nor AccountName") }
        if case .sharedKey = credential, account == nil {
            throw Self.invalid("the connection string has AccountKey but no AccountName")
        }
        try self.init(
            endpoint: endpoint, publicEndpoint: publicEndpoint, account: account ?? "", container: container,
            credential: credential)
    }

    /// Without the key.
    package var description: String { "Azure container \(container) of account \(account) at \(endpoint)" }

    private static func isContainerCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "$"): true
        default: false
        }
    }

    private static func invalid(_ message: String) -> ObjectStorageError {
        ObjectStorageError(.invalidConfiguration, message, operation: "configure")
    }
}
