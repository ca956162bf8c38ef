import Logging
import NIOCore
import NIOHTTP1

/// The Azure Blob dialect: finds out who asks for what, and words every answer and refusal as Azure does.
struct AzureResponder: HTTPResponder {
    private let store: ObjectStore
    private let options: AzureOptions
    private let authenticator: AzureAuthenticator
    private let outside = OutsideSource()
    private let copies: PendingCopies
    private let logger = Logger(label: "object-store.azure")

    init(store: ObjectStore, options: AzureOptions, copies: PendingCopies) {
        self.store = store
        self.copies = copies
        self.options = options
        authenticator = AzureAuthenticator(
            accounts: options.accounts, store: store, checksSignatures: options.checksSignatures)
    }

    func reply(to request: HTTPRequest) async -> HTTPReply {
        var reply: HTTPReply
        do {
            let address = try AzureAddress(request, accounts: options.accounts)
            let cors = AzureCORS(store: store, account: address.account)
            if request.method == "OPTIONS" {
                reply = try cors.preflight(request)
            } else {
                do { reply = try await answer(request, address) } catch { reply = refused(error, request) }
                try cors.decorate(&reply, request)
            }
        } catch {
            reply = refused(error, request)
        }
        reply.addAccountHeaders(request, .blob)
        return reply
    }

    private func refused(_ error: any Error, _ request: HTTPRequest) -> HTTPReply {
        Self.refusal(error, request, logger).reply(
            requestID: Self.requestID(request.id), isHead: request.method == "HEAD")
    }

    /// The shape Azure gives its request ids.
    static func requestID(_ id: String) -> String {
        let digits = id.lowercased()
        return "\(digits.prefix(8))-\(digits.dropFirst(8).prefix(4))-\(digits.dropFirst(12))-8000-000000000000"
    }

    private func answer(_ request: HTTPRequest, _ address: AzureAddress) async throws -> HTTPReply {
        let namespace = address.account == options.accounts.first?.name ? "" : address.account
        let operation = try AzureOperation(request, address)
        let grant = try authenticator.authorize(request, address, namespace: namespace)
        let level: Character = address.container.isEmpty ? "s" : address.blob.isEmpty ? "c" : "o"
        try grant.require(operation.need(at: level))
        if address.isSecondary && !operation.isRead {
            throw AzureError(403, "WriteOperationNotSupportedOnSecondary", "Write operations are not allowed.")
        }
        let call = AzureCall(
            request: request, address: address, namespace: namespace, grant: grant, store: store, options: options,
            outside: outside, copies: copies,
            encryption: try BlobEncryption(request, scope: grant.encryptionScope))
        return try await perform(operation, call)
    }

    /// What a client is told of an error, in the words of every service.
    static func refusal(_ error: any Error, _ request: HTTPRequest, _ logger: Logger) -> AzureError {
        switch error {
        case let error as AzureError: return error
        case is HTTPRequestBody.Failure: return .incompleteBody
        case let error as StoreError where error.isOutOfSpace:
            logger.error("the disk is full: \(error)")
            return AzureError(507, "InsufficientStorage", "The disk of the emulator is full.")
        default:
            logger.error("\(request.method) \(request.rawPath) failed: \(error)")
            return .internalError
        }
    }

    private func perform(_ operation: AzureOperation, _ call: AzureCall) async throws -> HTTPReply {
        switch operation {
        case .listContainers: try call.listContainers()
        case .getServiceProperties: try call.getServiceProperties()
        case .setServiceProperties: try await call.setServiceProperties()
        case .getServiceStats: call.getServiceStats()
        case .getAccountInfo: call.getAccountInfo()
        case .batch: try await call.batch { await reply(to: $0) }
        case .findByTags: try call.findByTags()
        case .getUserDelegationKey: try await call.getUserDelegationKey()
        case .createContainer: try await call.createContainer()
        case .getContainerProperties: try call.getContainerProperties()
        case .deleteContainer: try await call.deleteContainer()
        case .setContainerMetadata: try await call.setContainerMetadata()
        case .getContainerACL: try call.getContainerACL()
        case .setContainerACL: try await call.setContainerACL()
        case .undeleteContainer: try await call.undeleteContainer()
        case .leaseContainer: try await call.leaseContainer()
        case .listBlobs: try call.listBlobs()
        case .putBlob: try await call.putBlob()
        case .getBlob: try await call.getBlob()
        case .getBlobProperties: try call.getBlobProperties()
        case .deleteBlob: try await call.deleteBlob()
        case .putBlock: try await call.putBlock()
        case .putBlockList: try await call.putBlockList()
        case .getBlockList: try call.getBlockList()
        case .appendBlock: try await call.appendBlock()
        case .sealBlob: try await call.sealBlob()
        case .putPage: try await call.putPage()
        case .getPageRanges: try call.getPageRanges()
        case .setBlobProperties: try await call.setBlobProperties()
        case .setBlobMetadata: try await call.setBlobMetadata()
        case .leaseBlob: try await call.leaseBlob()
        case .snapshotBlob: try await call.snapshotBlob()
        case .copyBlob: try await call.copyBlob()
        case .copyIncrementally: try await call.copyIncrementally()
        case .abortCopy: try await call.abortCopy()
        case .setImmutabilityPolicy: try await call.setImmutabilityPolicy()
        case .deleteImmutabilityPolicy: try await call.deleteImmutabilityPolicy()
        case .setLegalHold: try await call.setLegalHold()
        case .queryBlob: try await call.queryBlob()
        case .setTier: try await call.setTier()
        case .getTags: try call.getTags()
        case .setTags: try await call.setTags()
        case .undeleteBlob: try await call.undeleteBlob()
        }
    }
}
