import Testing

/// What the paper says of its network and its baselines, in numbers.
struct NetworkTests {
    @Test(arguments: [
        ("gao2019(sharing = independent)", 19_372_515, 19_377_705),
        ("gao2019(sharing = shared)", 6_457_505, 6_459_235),
        ("gao2019(sharing = selective)", 6_971_875, 6_977_065),
        ("gao2019(sharing = within_scale)", 3_871_715, 3_876_905),
        ("srn2018(recurrent = false)", 6_876_449, 6_881_251),
        ("srn2018(recurrent = true)", 8_056_609, 8_061_411),
    ])
    func `networks have the paper's parameters`(network: String, luma: Int, colour: Int) async {
        let outcome = await run("print(parameters(\(network)), parameters(\(network), channels = 3))")
        #expect(outcome.lines == ["\(luma) \(colour)"])
    }

    @Test func `the network of Nah et al. has their count`() async {
        #expect(await run("print(parameters(nah2017(), channels = 3))").lines == ["11721321"])
    }

    @Test func `the ledger shows that scales and modules share a level's transformation`() async {
        let lines = await run("sharing_ledger(gao2019(sharing = within_scale))").lines
        let line = lines.first { $0.contains("transform[encoder,2]") }
        #expect(
            line?.contains("295,424    6×  scale 1 module 1; scale 1 module 2; scale 2 module 1") == true,
            "\(lines)")
    }

    @Test func `the difference of two sharing modes is what they say`() async {
        let lines = await run("difference(gao2019(sharing = shared), gao2019(sharing = selective))").lines
        #expect(
            lines.contains { $0.hasPrefix("weights: all") && $0.hasSuffix("6,457,505  6,971,875  +514,370") })
        #expect(lines.contains { $0.hasPrefix("sets of weights: extract") && $0.hasSuffix("+6") })
        #expect(!lines.contains { $0.hasPrefix("layers:") || $0.hasPrefix("cost:") })
    }

    @Test func `nested skips of order four compute the same function as four residual units`() async {
        let outcome = await run(
            """
            result = same_function(
                gao2019(transform = nested(order = 4), widths = [4, 8], scales = 2),
                gao2019(transform = residual(units = 4), widths = [4, 8], scales = 2), size = 32)
            print(result.outputs < 1e-5, result.gradients < 1e-4)
            other = same_function(
                gao2019(transform = nested(order = 4), widths = [4, 8], scales = 2),
                gao2019(transform = stacked(convs = 8), widths = [4, 8], scales = 2), size = 32)
            print(other.outputs > 1e-3)
            """)
        #expect(outcome.mistake == nil, "\(outcome.message)")
        #expect(outcome.lines == ["true true", "true"])
    }

    @Test(arguments: [
        ("x = unit(x)", "body[#1].unit1.conv1.weight"),
        ("x = stacked(x, convs = 1)", "body[#1].stacked1.conv1.weight"),
        ("x = residual(x, units = 1)", "body[#1].residual2.conv1.weight"),
        ("x = conv(x)", "body[#1].conv3.weight"),
    ])
    func `weights keep their names when something is added behind them`(added: String, first: String) async {
        let outcome = await run(
            """
            network short(b) {
                x = conv(b, 4)
                weights body { x = residual(x, units = 1) }
                output conv(x, 1)
            }
            network long(b) {
                x = conv(b, 4)
                weights body {
                    x = residual(x, units = 1)
                    \(added)
                }
                output conv(x, 1)
            }
            data = scenes(1, size = 16)
            old = train(short(), data, steps = 1, batch = 1, patch = 16)
            new = train(long(), data, steps = 1, batch = 1, patch = 16, from = old)
            """)
        #expect(outcome.mistake == nil, "\(outcome.message)")
        let anew = outcome.notices.first { $0.contains("begin anew") } ?? ""
        #expect(anew.contains("begin anew: `\(first)`"), "\(outcome.notices)")
        #expect(!anew.contains("body[#1].conv1"), "\(anew)")
    }
}
