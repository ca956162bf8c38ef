import Logging
import NIOCore
import NIOHTTP1
import Redis

/// The Azure Queue dialect: finds out who asks for what, and words every answer and refusal as Azure does.
struct QueueResponder: HTTPResponder {
    private let store: ObjectStore
    private let directory: QueueDirectory
    private let options: AzureOptions
    private let authenticator: AzureAuthenticator
    private let outside = OutsideSource()
    private let logger = Logger(label: "object-store.queue")

    init(store: ObjectStore, directory: QueueDirectory, options: AzureOptions) {
        self.store = store
        self.directory = directory
        self.options = options
        authenticator = AzureAuthenticator(
            accounts: options.accounts, store: store, service: .queue, checksSignatures: options.checksSignatures)
    }

    func reply(to request: HTTPRequest) async -> HTTPReply {
        var reply: HTTPReply
        do {
            let address = try AzureAddress(request, accounts: options.accounts, service: .queue)
            let cors = AzureCORS(store: store, account: address.account, service: .queue)
            if request.method == "OPTIONS" {
                reply = try cors.preflight(request)
            } else {
                do { reply = try await answer(request, address) } catch { reply = refused(error, request) }
                try cors.decorate(&reply, request)
            }
        } catch {
            reply = refused(error, request)
        }
        reply.addAccountHeaders(request, .queue)
        return reply
    }

    private func answer(_ request: HTTPRequest, _ address: AzureAddress) async throws -> HTTPReply {
        let namespace = address.account == options.accounts.first?.name ? "" : address.account
        let operation = try QueueOperation(request, address)
        let policies =
            request.has("si") ? try await directory.entry(address.container, namespace)?.policies ?? [] : []
        let grant = try authenticator.authorize(request, address, namespace: namespace) { id in
            policies.first { $0.name == id }?.value
        }
        try grant.require(operation.need)
        if address.isSecondary && !operation.isRead {
            throw AzureError(403, "WriteOperationNotSupportedOnSecondary", "Write operations are not allowed.")
        }
        let call = AzureCall(
            request: request, address: address, namespace: namespace, grant: grant, store: store, options: options,
            outside: outside, service: .queue)
        if options.syncsQueues && !operation.isRead {
            // Each time: a Redis that was started again knows nothing of it.
            try await directory.redis.send("CONFIG", "SET", "appendfsync", "always")
        }
        return try await perform(operation, QueueCall(call: call, directory: directory))
    }

    private func refused(_ error: any Error, _ request: HTTPRequest) -> HTTPReply {
        var refusal: AzureError
        if error is RedisError {
            logger.error("\(request.method) \(request.rawPath) failed: \(error)")
            refusal = AzureError(
                503, "ServerBusy", "The server is currently unable to receive requests. Please retry your request.")
        } else {
            refusal = AzureResponder.refusal(error, request, logger)
        }
        return refusal.reply(requestID: AzureResponder.requestID(request.id), isHead: request.method == "HEAD")
    }

    private func perform(_ operation: QueueOperation, _ call: QueueCall) async throws -> HTTPReply {
        switch operation {
        case .listQueues: try await call.listQueues()
        case .getServiceProperties: try call.call.getServiceProperties()
        case .setServiceProperties: try await call.call.setServiceProperties()
        case .getServiceStats: call.call.getServiceStats()
        case .getUserDelegationKey: try await call.call.getUserDelegationKey()
        case .createQueue: try await call.createQueue()
        case .deleteQueue: try await call.deleteQueue()
        case .getMetadata: try await call.getMetadata()
        case .setMetadata: try await call.setMetadata()
        case .getACL: try await call.getACL()
        case .setACL: try await call.setACL()
        case .putMessage: try await call.putMessage()
        case .getMessages: try await call.getMessages()
        case .peekMessages: try await call.peekMessages()
        case .clearMessages: try await call.clearMessages()
        case .updateMessage: try await call.updateMessage()
        case .deleteMessage: try await call.deleteMessage()
        }
    }
}
