import ModelFiles
import Testing

/// Settings of a training from the script to the file.
struct TrainingSettingTests {
    private static let prefix = """
        data = scenes(3, size = 32)
        held = scenes(2, size = 32, seed = 5)
        network net(b, width = 4) {
            weights extract { x = relu(conv(b, width)) }
            output b + conv(x, channels(b))
        }
        sharing own { extract by level }

        """

    /// The recipe that a training's file keeps, with the lines that `net` and `data` determine left out.
    private func recipe(_ arguments: String) async throws -> [String] {
        try await withTemporaryFolder { folder in
            let outcome = await run(
                Self.prefix
                    + "save(train(net(), data, steps = 4, batch = 2, patch = 16, \(arguments)), to = \"\(folder)/m.safetensors\")"
            )
            #expect(outcome.mistake == nil, "\(outcome.message)")
            let file = try ModelFile(reading: folder + "/m.safetensors")
            return (file.notes["recipe"] ?? "").split(separator: "\n").map(String.init).filter {
                !$0.hasPrefix("network =") && !$0.hasPrefix("data =")
            }
        }
    }

    @Test func `an optimizer or a schedule in words and as a value is one recipe`() async throws {
        let words = try await recipe("optimizer = \"adam\", beta1 = 0.8, decay = 1")
        let values = try await recipe(
            "optimizer = adam(betas = [0.8, 0.999]), schedule = polynomial(1)")
        #expect(words == values)
        let named = try await recipe("optimizer = \"adamw\"")
        let usual = try await recipe("optimizer = adamw()")
        #expect(named == usual)
        #expect(named.contains("training.optimizer = adamw, weight_decay 0.01"))
    }

    @Test func `what a paper sets stands in the recipe`() async throws {
        let lines = try await recipe(
            "optimizer = sgd(momentum = 0.8), schedule = warmup(2) + cosine(to = 1e-7), clip_norm = 0.1, average = 0.9, rates = [[\"extract\", 0.5]], validation = held, validate_every = 2, keep = \"best\", patience = 9"
        )
        for line in [
            "optimizer = sgd, momentum 0.8", "schedule = warmup(2) + cosine(to = 1e-07)", "clip = norm 0.1",
            "average = 0.9", "rates = extract 0.5", "validate_every = 2", "keep = best", "patience = 9",
        ] {
            #expect(lines.contains("training.\(line)"), "\(line)")
        }
        #expect(lines.contains { $0.hasPrefix("validation = ") })
    }

    @Test func `validations stand in the curve, and a loaded training needs its data again`() async throws {
        try await withTemporaryFolder { folder in
            let outcome = await run(
                Self.prefix + """
                    model = train(net(), data, steps = 4, batch = 2, patch = 16, validation = held, validate_every = 2)
                    points = curve(model)
                    print(points[1].validation == none, points[2].validation == none)
                    print(points[4].validation == evaluate(model, held).psnr)
                    save(model, to = "\(folder)/m.safetensors", state = true)
                    more = resume(load("\(folder)/m.safetensors"), steps = 2, data = data, validation = held)
                    print(curve(more)[6].validation == evaluate(more, held).psnr)
                    resume(load("\(folder)/m.safetensors"), steps = 2, data = data)
                    """)
            #expect(outcome.lines == ["true false", "true", "true"])
            #expect(
                outcome.message.contains(
                    "error[cannot-resume]: the data that this model was validated on are not in its file\n"),
                "\(outcome.message)")
        }
    }

    @Test func `data sets are split, and joined with weights`() async {
        let outcome = await run(
            """
            parts = split(scenes(10, size = 16), 0.8)
            print(count(parts[1]), count(parts[2]))
            both = parts[1] + 3 * parts[2]
            print(both)
            print(count(both))
            """)
        #expect(
            outcome.lines == [
                "8 2",
                "1 × 8 of 10 scenes of 16×16, seed 1, and 3 × 2 of 10 scenes of 16×16, seed 1", "10",
            ], "\(outcome.message)")
    }

    @Test func `schedules and optimizers are values that tables can name`() async {
        let outcome = await run(
            """
            print(warmup(5) + constant(3) + cosine(to = 1e-7))
            print(steps([3]) == steps([3], by = 0.5), sgd() == sgd(momentum = 0.8), adam() == muon())
            print(adamw(decay = 0.1, exempt = "none"))
            """)
        #expect(
            outcome.lines == [
                "warmup(5) + constant(3) + cosine(to = 1e-07)", "true false false",
                "adamw(decay = 0.1, exempt = \"none\")",
            ], "\(outcome.message)")
    }
}
