import Diagnostics
import Graph
import Language

/// Functions of feature maps.
package enum LayerFunctions {
    package static let all: [Function<Tracing>] = [
        Function(
            "conv", .layers,
            [
                .required("x", .feature),
                .derived("channels", .whole(1...Tracer.channelLimit), "channels(x)"),
                .standard("kernel", .whole(1...Tracer.kernelLimit), .number(3)),
                .standard("stride", .whole(1...Tracer.kernelLimit), .number(1)),
            ],
            """
            Convolution with bias. Gives `channels` channels at 1/stride of the height and width; zeros are padded \
            alike on all sides.
            """,
            examples: [
                "network one_layer(blurred) { output conv(blurred, kernel = 5) }\nparameters(one_layer())  # 26"
            ], isLayer: true
        ) { tracing, arguments throws(Diagnostic) in
            try convolution(tracing, arguments, isTransposed: false)
        },
        Function(
            "deconv", .layers,
            [
                .required("x", .feature),
                .derived("channels", .whole(1...Tracer.channelLimit), "channels(x)"),
                .standard("kernel", .whole(1...Tracer.kernelLimit), .number(4)),
                .standard("stride", .whole(1...Tracer.kernelLimit), .number(2)),
            ],
            "Transposed convolution with bias. Gives `channels` channels at `stride` times the height and width.",
            examples: [
                "network down_and_up(blurred) { output deconv(conv(blurred, 16, stride = 2), 1) }\nparameters(down_and_up())  # 417"
            ], isLayer: true
        ) { tracing, arguments throws(Diagnostic) in
            try convolution(tracing, arguments, isTransposed: true)
        },
        activation("relu", .relu, "max(x, 0)."),
        activation("sigmoid", .sigmoid, "1 / (1 + e^−x)."),
        activation("tanh", .tanh, "The hyperbolic tangent."),
        Function(
            "concat", .layers, [.rest("x", .anything("feature maps"))],
            "The channels of all its feature maps, one after the other; heights and widths must be equal.",
            examples: [
                "network both(blurred) { output conv(concat(blurred, relu(blurred)), 1) }\nparameters(both())  # 19"
            ], isLayer: false
        ) { tracing, arguments throws(Diagnostic) in
            try concatenation(tracing, arguments)
        },
        Function(
            "slice", .layers,
            [
                .required("x", .feature), .required("first", .whole(1...Tracer.channelLimit)),
                .required("last", .whole(1...Tracer.channelLimit)),
            ],
            "Channels `first` to `last` of x, numbered from 1, both included.",
            examples: [
                "network half(blurred) { output conv(slice(conv(blurred, 8), 1, 4), 1) }\nparameters(half())  # 117"
            ], isLayer: true
        ) { tracing, arguments throws(Diagnostic) in
            let x = try arguments.feature("x")
            let (first, last): (Int, Int)
            do throws(Diagnostic) {
                first = try arguments.whole("first", 1...x.shape.channels)
                last = try arguments.whole("last", first...x.shape.channels)
            } catch let mistake {
                throw mistake.noted("`x` has \(x.shape)")
            }
            return .foreign(
                try tracing.currentTracer(at: arguments.span).add(
                    .slice(first - 1..<last), [x],
                    shape: Shape(channels: last - first + 1, scale: x.shape.scale),
                    named: "slice", at: arguments.span))
        },
        Function(
            "resize", .layers, [.required("x", .feature), .required("like", .feature)],
            "x at the height and width of `like`, bilinearly, with half-pixel centres.",
            examples: [
                "network sharpened(blurred) { output blurred + conv(blurred - resize(downsize(blurred, 2), like = blurred)) }\nparameters(sharpened())  # 10"
            ], isLayer: true
        ) { tracing, arguments throws(Diagnostic) in
            let x = try arguments.feature("x")
            let scale = try arguments.feature("like").shape.scale
            // At its own size a feature map is itself; a node would only cost a copy.
            if scale == x.shape.scale { return .foreign(x) }
            return .foreign(
                try tracing.currentTracer(at: arguments.span).add(
                    .resize, [x], shape: Shape(channels: x.shape.channels, scale: scale), named: "resize",
                    at: arguments.span))
        },
        Function(
            "downsize", .layers, [.required("x", .feature), .required("factor", .whole(1...1024))],
            "x at 1/factor of its height and width: the mean of each square of factor × factor pixels.",
            examples: [
                "network halved(blurred) { output resize(conv(downsize(blurred, 2), 1), like = blurred) }\nparameters(halved())  # 10"
            ], isLayer: true
        ) { tracing, arguments throws(Diagnostic) in
            let x = try arguments.feature("x")
            let factor = try arguments.whole("factor")
            if factor == 1 { return .foreign(x) }
            return .foreign(
                try tracing.currentTracer(at: arguments.span).add(
                    .downsize(factor: factor), [x],
                    shape: Shape(channels: x.shape.channels, scale: x.shape.scale.divided(by: factor)),
                    named: "downsize", at: arguments.span))
        },
        Function(
            "pixel_shuffle", .layers,
            [.required("x", .feature), .required("factor", .whole(1...64))],
            "Channels to space: `factor` times the height and width from factor² times the channels (PyTorch's order).",
            examples: [
                "network doubled(blurred) { output downsize(pixel_shuffle(conv(blurred, 4), 2), 2) }\nparameters(doubled())  # 40"
            ],
            isLayer: true
        ) { tracing, arguments throws(Diagnostic) in
            let x = try arguments.feature("x")
            let factor = try arguments.whole("factor")
            guard x.shape.channels % (factor * factor) == 0 else {
                throw .unevenChannels(x.shape.channels, square: factor * factor, at: arguments.span(of: "x"))
            }
            let shape = Shape(
                channels: x.shape.channels / (factor * factor), scale: x.shape.scale.multiplied(by: factor))
            return .foreign(
                try tracing.currentTracer(at: arguments.span).add(
                    .pixelShuffle(factor: factor), [x], shape: shape, named: "pixel_shuffle",
                    at: arguments.span))
        },
        Function(
            "detach", .layers, [.required("x", .feature)], "x itself; no gradient passes through it.",
            examples: [
                "network two_steps(blurred) {\n    coarse = conv(blurred, 1)\n    output coarse\n    output conv(detach(coarse), 1)\n}\nparameters(two_steps())  # 20"
            ], isLayer: true
        ) { tracing, arguments throws(Diagnostic) in
            let x = try arguments.feature("x")
            return .foreign(
                try tracing.currentTracer(at: arguments.span).add(
                    .detach, [x], shape: x.shape, named: "detach", at: arguments.span))
        },
        Function(
            "zeros", .layers,
            [
                .required("like", .feature),
                .derived("channels", .whole(1...Tracer.channelLimit), "channels(like)"),
            ],
            "A feature map of zeros at the height and width of `like`.",
            examples: [
                "network first_state(blurred) { output conv(concat(blurred, zeros(blurred, channels = 8)), 1) }\nparameters(first_state())  # 82"
            ], isLayer: true
        ) { tracing, arguments throws(Diagnostic) in
            let like = try arguments.feature("like")
            let channels =
                arguments.optional("channels") == nil
                ? like.shape.channels : try arguments.whole("channels")
            return .foreign(
                try tracing.currentTracer(at: arguments.span).add(
                    .zeros, [], shape: Shape(channels: channels, scale: like.shape.scale), named: "zeros",
                    at: arguments.span))
        },
        Function(
            "channels", .layers, [.required("x", .feature)], "How many channels x has.",
            examples: [
                "block widen(x) { return conv(x, 2 * channels(x)) }\nnetwork wide(blurred) { output conv(widen(widen(conv(blurred, 4))), 1) }\nparameters(wide())  # 1649"
            ]
        ) { _, arguments throws(Diagnostic) in
            .number(Double(try arguments.feature("x").shape.channels))
        },
        Function(
            "tied", .layers, [.required("block", .anything("a block, a layer or a network's definition"))],
            "The same block, layer or network, whose every call uses the same weights.",
            examples: [
                "block twice(x) {\n    u = tied(conv)\n    return u(relu(u(x)))\n}\nnetwork once(blurred) { output conv(twice(conv(blurred, 4)), 1) }\nparameters(once())  # 225"
            ]
        ) { tracing, arguments throws(Diagnostic) in
            let value = try arguments.value("block")
            guard var callable = value.asCallable, callable.takesFeatureFirst else {
                throw arguments.wrong("block", value)
            }
            callable.tie = Tie(place: tracing.tracer?.nextCall(of: callable.name))
            return .callable(callable)
        },
    ]

    private static func convolution(
        _ tracing: Tracing, _ arguments: Arguments, isTransposed: Bool
    ) throws(Diagnostic) -> Value {
        let x = try arguments.feature("x")
        let channels =
            arguments.optional("channels") == nil
            ? x.shape.channels : try arguments.whole("channels")
        let kernel = try arguments.whole("kernel")
        let stride = try arguments.whole("stride")
        guard
            let geometry = ConvolutionGeometry(
                channels: channels, kernel: kernel, stride: stride, isTransposed: isTransposed)
        else {
            throw .noSamePadding(
                kernel: kernel, stride: stride, isTransposed: isTransposed, at: arguments.span)
        }
        let tracer = try tracing.currentTracer(at: arguments.span)
        return .foreign(
            try tracer.convolution(x, named: arguments.builtin.name, geometry: geometry, at: arguments.span))
    }

    private static func activation(_ name: String, _ activation: Activation, _ help: String) -> Function<
        Tracing
    > {
        Function(
            name, .layers, [.required("x", .feature)], "For each value: " + help,
            examples: [
                "block gate(x) { return x * \(name)(conv(x)) }\nnetwork gated(blurred) { output gate(blurred) }\nparameters(gated())  # 10"
            ], isLayer: true
        ) { tracing, arguments throws(Diagnostic) in
            let x = try arguments.feature("x")
            return .foreign(
                try tracing.currentTracer(at: arguments.span).add(
                    .activation(activation), [x], shape: x.shape, named: name, at: arguments.span))
        }
    }

    private static func concatenation(
        _ tracing: Tracing, _ arguments: Arguments
    ) throws(Diagnostic) -> Value {
        var features: [(feature: Feature, argument: GivenArgument)] = []
        for argument in arguments.rest {
            var values = [argument.value]
            if case .list(let list) = argument.value { values = list.elements }
            for value in values {
                guard let feature = value.as(Feature.self) else {
                    throw .wrongKind(
                        "what `concat` joins", wanted: "feature maps", got: value, at: argument.span)
                }
                features.append((feature, argument))
            }
        }
        guard let first = features.first else {
            throw .missingArgument("x", of: "concat", at: arguments.span, declared: nil)
        }
        for other in features where other.feature.shape.scale != first.feature.shape.scale {
            throw .sizeClash(
                first.feature.shape, at: first.argument.span, other.feature.shape, at: other.argument.span)
        }
        if features.count == 1 { return .foreign(first.feature) }
        let channels = features.reduce(0) { $0 + $1.feature.shape.channels }
        guard channels <= Tracer.channelLimit else {
            throw .tooMany("channels in a feature map", limit: Tracer.channelLimit, at: arguments.span)
        }
        return .foreign(
            try tracing.currentTracer(at: arguments.span).add(
                .concatenate, features.map(\.feature),
                shape: Shape(channels: channels, scale: first.feature.shape.scale), named: "concat",
                at: arguments.span))
    }
}
