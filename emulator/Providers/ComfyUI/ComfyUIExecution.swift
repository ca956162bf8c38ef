import FoundationEssentials
import JSON

/// Running a prompt, with the events of a real server in their order.
extension ComfyUIStandIn {
    /// Runs one prompt to its end and returns what the history is to keep.
    ///
    /// The event that tells the end is sent before the history has it: that is how the real one does it.
    nonisolated func execute(_ prompt: ComfyUIPrompt) async -> ComfyUIResult {
        var result = ComfyUIResult(prompt: prompt)
        await announce("execution_start", [:], &result)
        await announce("execution_cached", ["nodes": []], &result)
        var evaluation = ComfyUIEvaluation(prompt.graph, uploads: await files.inputs)
        var executed: [String] = []
        var begun: Set<String> = []
        for id in prompt.graph.outputs.flatMap(prompt.graph.needed) where begun.insert(id).inserted {
            let node = prompt.graph.nodes[id]!
            await enter(node, prompt)
            let pictures = evaluation.run(id)
            do throws(Stop) {
                if node.kind.name == "KSampler" { try await sample(node, prompt, evaluation) }
                if await takeInterruption() { throw .interrupted }
            } catch {
                await stop(error, at: node, executed: executed, &result)
                return result
            }
            if node.kind.isOutput { await bringOut(pictures, node, &result) }
            executed.append(id)
        }
        await announce("execution_success", [:], &result)
        return result
    }

    private enum Stop: Error {
        case interrupted
        case failed(ComfyUIFailure)
    }

    /// Sends an event that the history keeps too.
    private nonisolated func announce(_ event: String, _ data: JSONObject, _ result: inout ComfyUIResult) async {
        var data = data
        data["prompt_id"] = .string(result.prompt.id)
        result.note(event, data)
        await tell(result.prompt.client, event, data)
    }

    private func enter(_ node: ComfyUIGraph.Node, _ prompt: ComfyUIPrompt) {
        runningNode = node.id
        tell(
            prompt.client, "executing",
            ["node": .string(node.id), "display_node": .string(node.id), "prompt_id": .string(prompt.id)])
        tellState(0, of: 1, node.id, prompt)
    }

    private func tellState(_ value: Int, of most: Int, _ node: String, _ prompt: ComfyUIPrompt) {
        let entry: JSON = [
            "value": .integer(Int64(value)), "max": .integer(Int64(most)),
            "state": value == most ? "finished" : "running", "node_id": .string(node),
            "prompt_id": .string(prompt.id), "display_node_id": .string(node), "parent_node_id": nil,
            "real_node_id": .string(node),
        ]
        tell(
            prompt.client, "progress_state",
            ["prompt_id": .string(prompt.id), "nodes": .object(JSONObject([(node, entry)]))])
    }

    /// The part that takes time: as many steps as the knobs say, each with progress and a preview.
    private nonisolated func sample(
        _ node: ComfyUIGraph.Node, _ prompt: ComfyUIPrompt, _ evaluation: ComfyUIEvaluation
    ) async throws(Stop) {
        let steps = max(prompt.knobs.steps, 1)
        for step in 1...steps {
            // A server that stops ends its work where it is.
            guard (try? await Task.sleep(for: .milliseconds(prompt.knobs.latency) / steps)) != nil else {
                throw .interrupted
            }
            if await takeInterruption() { throw .interrupted }
            if let failure = prompt.failure, step * 2 >= steps { throw .failed(failure) }
            guard prompt.knobs.steps > 0 else { continue }
            let preview = Picture(prompt: evaluation.prompt, seed: step, width: 64, height: 64).png()
            await progress(step, of: steps, node.id, preview, prompt)
        }
    }

    private func progress(_ step: Int, of steps: Int, _ node: String, _ preview: [UInt8], _ prompt: ComfyUIPrompt) {
        tell(
            prompt.client, "progress",
            [
                "value": .integer(Int64(step)), "max": .integer(Int64(steps)), "prompt_id": .string(prompt.id),
                "node": .string(node),
            ])
        tellState(step, of: steps, node, prompt)
        show(preview, of: prompt, node: node)
    }

    private nonisolated func stop(
        _ stop: Stop, at node: ComfyUIGraph.Node, executed: [String], _ result: inout ComfyUIResult
    ) async {
        result.status = .error
        var data: JSONObject = [
            "node_id": .string(node.id), "node_type": .string(node.kind.name),
            "executed": .array(executed.map { .string($0) }),
        ]
        switch stop {
        case .interrupted: await announce("execution_interrupted", data, &result)
        case .failed(let failure):
            data["exception_message"] = .string(failure.message)
            data["exception_type"] = .string(failure.type)
            data["traceback"] = []
            data["current_inputs"] = [:]
            data["current_outputs"] = []
            await announce("execution_error", data, &result)
        }
    }

    private func bringOut(_ pictures: [Picture], _ node: ComfyUIGraph.Node, _ result: inout ComfyUIResult) {
        let isSaved = node.kind.name == "SaveImage"
        let prefix = isSaved ? node.inputs["filename_prefix"]?.string ?? "ComfyUI" : "ComfyUI_temp_\(node.id)"
        let images = pictures.map { picture -> JSON in
            let name = files.save(picture, prefix: prefix, type: isSaved ? "output" : "temp")
            return [
                "filename": .string(name.filename), "subfolder": .string(name.subfolder), "type": .string(name.type),
            ]
        }
        let output: JSON = ["images": .array(images)]
        result.outputs[node.id] = output
        tell(
            result.prompt.client, "executed",
            [
                "node": .string(node.id), "display_node": .string(node.id), "output": output,
                "prompt_id": .string(result.prompt.id),
            ])
    }
}
