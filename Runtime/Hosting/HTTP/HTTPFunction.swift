package import FunctionRuntime

/// A function that takes HTTP requests, as the trigger knows it.
package struct HTTPFunction: Sendable {
    package var description: FunctionDescription
    package var invoker: any Invoker

    package init(description: FunctionDescription, invoker: any Invoker) {
        self.description = description
        self.invoker = invoker
    }
}
