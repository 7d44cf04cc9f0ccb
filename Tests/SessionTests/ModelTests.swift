import Diagnostics
import Foundation
import Graph
import ModelFiles
import Models
import Session
import Testing
import Training
import Workbench

/// Models that outlive the session.
struct ModelTests {
    private static let training = """
        data = scenes(3, size = 32)
        net = gao2019(widths = [4, 8], scales = 2, transform = nested(order = 2), sharing = selective)

        """

    @Test func `a model that is saved and loaded restores images alike`() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/m.safetensors"
            let outcome = await run(
                Self.training + """
                    model = train(net, data, steps = 3, batch = 1, patch = 16)
                    save(model, to = "\(path)")
                    again = load("\(path)")
                    print(again)
                    print(parameters(again) == parameters(net))
                    print(evaluate(again, data).psnr == evaluate(model, data).psnr)
                    difference(net, again)
                    more = train(again, data, steps = 1, batch = 1, patch = 16)
                    """)
            #expect(outcome.mistake == nil, "\(outcome.message)")
            let network =
                "gao2019(widths = [4, 8], scales = 2, transform = nested(order = 2), sharing = selective)"
            #expect(outcome.lines.prefix(3) == ["model of \(network), 3 steps", "true", "true"])
            let file = try ModelFile(reading: path)
            #expect(file.notes.keys.sorted() == ["data", "network", "recipe", "source", "version"])
            #expect(file.notes["network"] == network)
            #expect(file.notes["data"] == "3 scenes of 32×32, seed 1")
        }
    }

    @Test(arguments: [
        "gao2019()", "gao2019(sharing = by_side, transform = mine(depth = 2))", "srn2018(recurrent = true)",
        "nah2017()",
        "gao2019(sharing = shared, widths = [8, 8], transform = tied(unit))", "listed()", "net()",
    ])
    func `the text kept with a network makes the same network in an empty session`(network: String)
        async throws
    {
        let definitions = """
            width = 6
            depths = [nested(order = 1), stacked(convs = 2)]
            sharing by_side { extract by level
                transform by side, level
                reconstruct by level }
            block inner(x) { return relu(conv(x, channels(x))) }
            block mine(x, depth = 1) { repeat depth { x = inner(x) }
                return x }
            network listed(b) {
                x = conv(b, width)
                for d in depths { x = d(x) }
                output b + conv(x, channels(b))
            }
            network net(b) { output conv(b, channels(b)) }

            """
        let outcome = await onSessionStack { () -> (String, String) in
            do throws(Diagnostic) {
                let configuration = SessionConfiguration(version: "test")
                let session = try Session(configuration, frontEnd: Transcript())
                try session.run(Source(name: "a", text: definitions))
                let made = try session.graph(of: Source(name: "b", text: network), channels: 1)
                let text = try session.text(of: Source(name: "b", text: network))
                let other = try Session(configuration, frontEnd: Transcript())
                try other.run(Source(name: "c", text: text))
                let name = text.contains("network_net = ") ? "network_net" : "net"
                let again = try other.graph(of: Source(name: "d", text: name), channels: 1)
                return (made.canonicalText, again.canonicalText)
            } catch {
                return (Renderer(coloured: false).render(error), "")
            }
        }
        #expect(outcome.0 == outcome.1)
    }

    @Test(arguments: ["gao2019()", "srn2018()", "nah2017()"])
    func `a network's graph is made again from a file's record`(network: String) async throws {
        let equal = await onSessionStack { () -> Bool in
            guard
                let session = try? Session(SessionConfiguration(version: "test"), frontEnd: Transcript()),
                let graph = try? session.graph(of: Source(name: "a", text: network), channels: 3),
                let copy = try? Graph(record: graph.record)
            else { return false }
            return copy.canonicalText == graph.canonicalText && copy.roleUses == graph.roleUses
                && copy.nodes.map(\.name) == graph.nodes.map(\.name)
        }
        #expect(equal)
    }

    @Test func `a training goes on from its checkpoint, and is not done twice`() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/c.safetensors"
            func script(_ steps: Int, _ more: String = "") -> String {
                Self.training
                    + "model = train(net, data, steps = \(steps), batch = 1, patch = 16, checkpoint = \"\(path)\"\(more))\n"
            }
            #expect(await run(script(3)).notices.isEmpty)
            let again = await run(script(3) + "print(model)")
            #expect(again.notices == ["trained already: \(path)"])
            #expect(again.lines.last?.hasSuffix("3 steps") == true)
            let other = await run(script(4, ", seed = 1"), named: "s.acu")
            #expect(
                other.message.contains(
                    "error[foreign-checkpoint]: \(path) keeps another training than this one"))
            #expect(
                other.message.contains("= note: training.steps: 3 → 4\n   = note: training.seed: 0 → 1\n"))
            // Not even by one that is to be done anew.
            let fresh = await run(script(4, ", seed = 1"), fresh: true)
            #expect(fresh.mistake?.code == "foreign-checkpoint")
            try Data("junk".utf8).write(to: URL(filePath: path))
            #expect(await run(script(3)).mistake?.code == "bad-safetensors")
        }
    }

    @Test func `a model is scored on images of any size`() async {
        let outcome = await run(
            Self.training + """
                model = train(net, data, steps = 1, batch = 1, patch = 16)
                print(evaluate(model, scenes(1, width = 33, height = 26)).images)
                """)
        #expect(outcome.mistake == nil, "\(outcome.message)")
        #expect(outcome.lines == ["1"])
    }

    @Test func `a model is saved as safetensors only, and a check writes nothing`() async throws {
        try await withTemporaryFolder { folder in
            let wrong = await run(
                Self.training + "save(train(net, data, steps = 1, batch = 1, patch = 16), to = \"m.png\")")
            #expect(wrong.mistake?.code == "unknown-format")
            let wrongCheckpoint = await run(
                Self.training
                    + "train(net, data, steps = 1, batch = 1, patch = 16, checkpoint = \"\(folder)/m.pt\")")
            #expect(wrongCheckpoint.mistake?.code == "unknown-format")
            // Nine hundred million steps would not be over before the end of the test.
            let unwritable = await run(
                Self.training
                    + "train(net, data, steps = 900000000, batch = 1, patch = 16, checkpoint = \"/proc/m.safetensors\")"
            )
            #expect(unwritable.mistake?.code == "cannot-write")
            let checked = await run(
                Self.training + """
                    save(train(net, data, steps = 1, batch = 1, patch = 16), to = "\(folder)/m.safetensors")
                    model = load("\(folder)/m.safetensors")
                    evaluate(model, data)
                    save(pair(data).sharp, to = "\(folder)/x.png")
                    show(image("\(folder)/x.png"))
                    """, isCheck: true)
            #expect(checked.mistake == nil, "\(checked.message)")
            let names = try FileManager.default.contentsOfDirectory(atPath: folder)
            #expect(names.isEmpty)
            #expect(await run("load(\"\(folder)/none.safetensors\")").mistake?.code == "cannot-read")
        }
    }

    @Test func `a row depends on the weights of the model that it loads`() async throws {
        try await withTemporaryFolder { folder in
            let save = { (seed: Int) in
                Self.training
                    + "save(train(net, data, steps = 1, batch = 1, patch = 16, seed = \(seed)), to = \"\(folder)/m.safetensors\")"
            }
            let table = """
                data = scenes(2, size = 32)
                experiment "loaded" {
                    model = load("\(folder)/m.safetensors")
                    record psnr_db = evaluate(model, data).psnr
                }
                """
            _ = await run(save(1))
            #expect(await run(table, results: folder).notices.first == "loaded 1/1")
            _ = await run(save(1))
            #expect(await run(table, results: folder).notices.first == "loaded 1/1: recorded already")
            _ = await run(save(2))
            #expect(
                await run(table, results: folder).notices.first?.contains("because load1.weights has changed")
                    == true)
        }
    }

    /// The tensors of a saved model under other names, as another program would have them.
    private func rename(_ path: String, to other: String, _ names: (String) -> String) throws {
        let file = try Safetensors(reading: path)
        let tensors = try file.tensors.map {
            NamedTensor(name: names($0.name), shape: $0.shape, values: try file.floats(of: $0))
        }
        try writeSafetensors(
            tensors + [NamedTensor(name: "spare", shape: [1], values: [0])], metadata: [:], to: other)
    }

    @Test func `weights of another program are found by name`() async throws {
        try await withTemporaryFolder { folder in
            let network = "network n(b) { output b + conv(relu(conv(relu(conv(b, 4)), 4)), channels(b)) }\n"
            let train =
                "model = train(n(), scenes(2, size = 32), steps = 2, batch = 1, patch = 16, init = \"he\")\n"
            #expect(
                await run(network + train + "save(model, to = \"\(folder)/m.safetensors\")").mistake == nil)
            try rename(folder + "/m.safetensors", to: folder + "/t.safetensors") { name in
                // conv1.weight is body.0.0.weight there, the others are body.tail2 and body.tail3
                name.replacing("conv1", with: "body.0.0").replacing("conv", with: "body.tail")
            }
            let outcome = await run(
                network + train + """
                    map = [["conv1", "body.0.0"]]
                    for i in 2..3 { map = map + [["conv{i}", "body.tail{i}"]] }
                    theirs = weights_from("\(folder)/t.safetensors", n(), map = map)
                    print(theirs)
                    test = scenes(2, size = 32, seed = 3)
                    print(evaluate(theirs, test).psnr == evaluate(model, test).psnr)
                    save(theirs, to = "\(folder)/again.safetensors")
                    print(evaluate(load("\(folder)/again.safetensors"), test).psnr == evaluate(model, test).psnr)
                    """)
            #expect(outcome.mistake == nil, "\(outcome.message)")
            #expect(outcome.lines == ["model of n, 0 steps", "true", "true"])
            #expect(outcome.notices == ["\(folder)/t.safetensors: not used: `spare`"])
            func message(_ map: String, _ other: String = network) async -> String {
                await run(other + "weights_from(\"\(folder)/t.safetensors\", n(), map = \(map))").message
            }
            #expect(
                await message("[[\"conv1\", \"head\"]]").contains(
                    "t.safetensors holds no `head.weight`, for `conv1.weight`, and 5 more of the network's\n")
            )
            #expect(
                await message("[[\"conv1\", \"head\"]]").contains(
                    "it holds `body.0.0.weight`, `body.0.0.bias`, `body.tail2.weight`, `body.tail2.bias`, "
                        + "`body.tail3.weight`, `body.tail3.bias` and 1 more\n"))
            #expect(
                await message(
                    "[[\"conv1\", \"body.0.0\"], [\"conv2\", \"body.0.0\"], [\"conv3\", \"body.tail3\"]]"
                ).contains("is [4, 1, 3, 3], and `conv2.weight` needs [4, 4, 3, 3]"))
            let unknown = await message("[[\"conv1\", \"body.0.0\"], [\"convv2\", \"body.tail2\"]]")
            #expect(
                unknown.contains(
                    "error[unused-map]: `map` renames `convv2`, and no weight of the network begins so"))
            #expect(unknown.contains("hint: did you mean `conv2`?"))
            #expect(
                await message("[\"conv1\"]").contains(
                    "`map` of `weights_from` must be a list of pairs of texts, not a list"))
        }
    }

    @Test(arguments: [(Float.nan, "nan"), (-.infinity, "-inf")])
    func `weights that are no finite numbers are refused by place and count`(value: Float, text: String)
        async throws
    {
        try await withTemporaryFolder { folder in
            let network = "network n(b) { output b + conv(conv(b, 2), channels(b)) }\n"
            let path = folder + "/bad.safetensors"
            let tensors = [("conv1", [2, 1, 3, 3], 2), ("conv2", [1, 2, 3, 3], 1)].flatMap {
                name, shape, channels in
                [
                    NamedTensor(
                        name: name + ".weight", shape: shape,
                        values: (0..<18).map { name == "conv2" && $0 >= 13 && $0 != 14 ? value : 0.1 }),
                    NamedTensor(
                        name: name + ".bias", shape: [channels], values: Array(repeating: 0, count: channels)),
                ]
            }
            try writeSafetensors(tensors, metadata: [:], to: path)
            let outcome = await run(network + "weights_from(\"\(path)\", n())", named: "a.acu")
            // The thirteenth value from 0 of [1, 2, 3, 3] stands at 0, 1, 1, 1.
            #expect(
                outcome.message.hasPrefix(
                    "error[not-finite-weights]: `conv2.weight` in \(path) holds \(text) at [0, 1, 1, 1]\n"),
                "\(outcome.message)")
            #expect(
                outcome.message.contains("note: 4 of its 18 values are no finite single-precision numbers"))
        }
    }

    @Test func `what a file says is shown without control characters`() {
        #expect(withoutControls("a\u{1B}[2J\u{7}\tb\nc") == "a\u{FFFD}[2J\u{FFFD}\tb\nc")
    }
}
