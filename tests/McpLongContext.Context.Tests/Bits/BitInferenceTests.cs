using System.Text;
using McpLongContext.Bits.Streams;
using McpLongContext.Context.Bits;
using McpLongContext.Context.Contracts;
using McpLongContext.Inference;
using McpLongContext.Inference.Bits;
using McpLongContext.LongAttention.Bits;
using McpLongContext.LongAttention.Positions;

namespace McpLongContext.Context.Tests.Bits;

/// <summary>Bits and files through a bit model.</summary>
public sealed class BitInferenceTests : BitService
{
    private static readonly byte[] s_bytes = Encoding.UTF8.GetBytes(
        "Every bit of this text is predicted once, and once only."
    );

    [Theory]
    [InlineData(Plain, 96, 24)]
    [InlineData(Plain, 40, 1)]
    [InlineData(Plain, 33, 32)]
    [InlineData(Parity, 50, 13)]
    public async Task Each_bit_is_predicted_once_as_if_its_window_were_computed_alone(string name, int ctx, int overlap)
    {
        var report = await Service.InferAsync(
            new LongInferenceRequest
            {
                File = Write("text.txt", s_bytes),
                Model = name,
                CtxBits = ctx,
                OverlapBits = overlap,
            },
            progress: null,
            Cancellation
        );

        var bits = ByteBits.Of(s_bytes, name == Parity);
        var model = BitTransformer.Load(PathOf(name));
        double cost = 1;
        var predicted = new StringBuilder("0");
        for (var i = 1; i < bits.Length; i++)
        {
            // The first window that reaches the bit.
            var stride = ctx - overlap;
            var first = i < ctx ? 0 : (i - ctx + stride) / stride * stride;
            var logits = new float[2 * (i - first)];
            model.CreateSession().Forward(bits.AsSpan(first..i), first % model.Config.BitsPerByte, logits);
            var one = 1 / (1 + Math.Exp(logits[^2] - logits[^1]));
            cost -= Math.Log2(bits[i] == 1 ? one : 1 - one);
            predicted.Append(one > 0.5 ? '1' : '0');
        }

        var stream = report.BitStream!;
        Assert.Equal(InferenceState.Complete, report.State);
        Assert.Equal(bits.Length, stream.CoveredBits);
        Assert.Equal(bits.Length, stream.Windows.Sum(window => window.Bits));
        Assert.Equal(cost / s_bytes.Length, stream.BitsPerByte, 1e-3);
        Assert.Equal(bits.Length, stream.Predicted!.Length);
        Assert.Equal(predicted.ToString(), stream.Predicted);
    }

    [Fact]
    public async Task Bits_are_read_like_the_file_of_their_bytes()
    {
        var file = await InferAsync(new LongInferenceRequest { File = Write("a", s_bytes), Model = Parity });
        var bits = await InferAsync(
            new LongInferenceRequest { Bits = ByteBits.Format(ByteBits.Of(s_bytes, parity: true)), Model = Parity }
        );

        Assert.Equal(file.BitsPerByte, bits.BitsPerByte);
        Assert.Equal(file.Predicted, bits.Predicted);
    }

    [Fact]
    public async Task Page_by_page_the_windows_are_the_same_as_at_once()
    {
        var request = new LongInferenceRequest { File = Write("a", s_bytes), Model = Plain };
        var whole = await InferAsync(request);
        var pages = new List<LongInferenceReport>();
        do
        {
            pages.Add(
                await Service.InferAsync(
                    request with
                    {
                        MaxWindows = 2,
                        Cursor = pages.LastOrDefault()?.NextCursor,
                    },
                    progress: null,
                    Cancellation
                )
            );
        } while (pages[^1].State == InferenceState.Paused);

        var windows = pages.SelectMany(page => page.BitStream!.Windows).ToList();
        Assert.Equal(
            whole.Windows.Select(window => (window.FirstBit, window.Bits, window.BitsPerByte)),
            windows.Select(window => (window.FirstBit, window.Bits, window.BitsPerByte))
        );
        Assert.Equal(whole.Predicted, string.Concat(pages.Select(page => page.BitStream!.Predicted)));
    }

    [Fact]
    public async Task A_report_lists_as_many_windows_as_are_asked_for_and_counts_all()
    {
        var file = Write("a", s_bytes);
        var request = new LongInferenceRequest { File = file, Model = Plain };
        var all = await InferAsync(request);
        var two = await InferAsync(request with { ListedWindows = 2 });

        Assert.Equal(all.WindowCount, two.WindowCount);
        Assert.Equal(all.Windows.Take(2), two.Windows);
        Assert.Equal(all.BitsPerByte, two.BitsPerByte);
    }

    [Fact]
    public async Task Cancelling_keeps_the_windows_that_are_done()
    {
        using var source = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var progress = new Stop(source);

        var report = await Service.InferAsync(
            new LongInferenceRequest
            {
                File = Write("a", [.. Enumerable.Repeat(s_bytes, 20).SelectMany(one => one)]),
                Model = Plain,
            },
            progress,
            source.Token
        );

        Assert.Equal(InferenceState.Cancelled, report.State);
        Assert.InRange(report.BitStream!.WindowCount, 1, 40);
        Assert.NotNull(progress.Last!.Remaining);
        Assert.NotNull(report.NextCursor);
    }

    [Fact]
    public async Task Cancelling_amid_many_windows_keeps_those_before_and_the_cursor_continues()
    {
        const int Windows = 500;
        using var source = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var request = Long();
        var whole = await InferAsync(request);

        Time.Looked = look =>
        {
            if (look == Windows)
            {
                source.Cancel();
            }
        };
        var first = await Service.InferAsync(request, progress: null, source.Token);
        Time.Looked = null;

        Assert.Equal(InferenceState.Cancelled, first.State);
        // Looks at the clock that begin no window, and windows that are broken off with those begun after them.
        Assert.InRange(first.BitStream!.WindowCount, Windows - 20 - (2 * Environment.ProcessorCount), Windows);
        await ContinuesAsync(request, whole, first);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(50, 50)]
    public async Task No_window_begins_after_the_wait_and_the_cursor_continues(int seconds, int most)
    {
        var request = Long();
        var whole = await InferAsync(request);

        Time.Looked = _ => { };
        var first = await Service.InferAsync(
            request with
            {
                Wait = TimeSpan.FromSeconds(seconds),
            },
            progress: null,
            Cancellation
        );
        Time.Looked = null;

        Assert.Equal(InferenceState.Paused, first.State);
        Assert.InRange(first.BitStream!.WindowCount, 1, most);
        await ContinuesAsync(request, whole, first);
    }

    [Fact]
    public async Task What_was_measured_on_this_machine_is_the_default()
    {
        var request = new LongInferenceRequest { File = Write("text.txt", s_bytes), Model = Plain };
        var before = await InferAsync(request);
        var defaults = new BitDefaults
        {
            Ram = 1 << 30,
            MaxSeqLen = 64,
            ChunkSize = 0,
            Overlap = 0,
            Reversible = false,
            UseAct = false,
            Bfloat16 = false,
            Batch = 1,
            Quantize = true,
        };
        defaults.Write(Path.Combine(Folder.Path, "home"));

        var after = await InferAsync(request);
        var given = await InferAsync(request with { CtxBits = 80 });

        Assert.Equal((96, 64, 80), (before.CtxBits, after.CtxBits, given.CtxBits));
        // Quantized weights predict a little differently.
        (defaults with { Quantize = false }).Write(Path.Combine(Folder.Path, "home"));
        var exact = await InferAsync(request);
        Assert.NotEqual(exact.BitsPerByte, after.BitsPerByte);
        Assert.Equal(exact.BitsPerByte, after.BitsPerByte, 0.2);
    }

    [Fact]
    public async Task Damaged_defaults_are_refused_with_the_remedy()
    {
        var home = Directory.CreateDirectory(Path.Combine(Folder.Path, "home"));
        await File.WriteAllTextAsync(
            Path.Combine(home.FullName, BitDefaults.FileName),
            "{\"version\":1}",
            Cancellation
        );

        var error = await Assert.ThrowsAsync<ModelException>(() =>
            InferAsync(new() { File = Write("text.txt", s_bytes), Model = Plain })
        );

        Assert.Contains(
            "run `mcp-long-context-train bits-benchmark` again",
            error.Message,
            StringComparison.OrdinalIgnoreCase
        );
    }

    [Fact]
    public async Task A_longer_window_and_chunks_are_in_force_from_the_next_request_on()
    {
        var request = new LongInferenceRequest
        {
            File = Write("a", s_bytes),
            Model = Plain,
            CtxBits = 400,
        };
        var before = await Assert.ThrowsAsync<ContextException>(() => InferAsync(request));
        Assert.Contains(
            "ctx_bits: 400 is out of range; use 16 to 96, the window of plain",
            before.Message,
            StringComparison.Ordinal
        );

        var expanded = await Service.ExpandPositionsAsync(new PositionRequest(Plain, 400, Method: null), Cancellation);
        var chunks = await Service.SetChunkingAsync(
            new ChunkingRequest
            {
                Model = Plain,
                ChunkSize = 64,
                Overlap = 0.25,
            },
            Cancellation
        );

        Assert.Equal((PositionKind.Sinusoidal, 96, 400), (expanded.Kind, expanded.OldLength, expanded.NewLength));
        Assert.Equal(0, expanded.Parity.LargestChange);
        Assert.Equal((Plain, 64, 0.25), (chunks.Model, chunks.ChunkSize, chunks.Overlap));
        var model = BitTransformer.Load(PathOf(Plain)).ExpandPositionalEncoding(400).WithChunks(64, 16);
        var bits = ByteBits.Of(s_bytes, parity: false)[..400];
        var logits = new float[800];
        model.CreateSession().Forward(bits, 0, logits);
        var predicted = string.Concat(
            Enumerable.Range(0, 399).Select(i => logits[(2 * i) + 1] > logits[2 * i] ? '1' : '0')
        );
        Assert.Equal("0" + predicted, (await InferAsync(request)).Predicted![..400]);
    }

    [Theory]
    [InlineData("0102", Plain, "bits: '2' found at character 4, expected 0 or 1.")]
    [InlineData("01", Plain, "bits: 2 bits found, expected a multiple of 8, the bits of a byte.")]
    [InlineData(
        "01000001",
        Parity,
        "bits: 8 bits found, expected a multiple of 9, the bits of a byte and its parity bit."
    )]
    [InlineData("010000011", Parity, "bits: wrong parity in 1 of 1 bytes, the first at byte 0 (bits 0 to 8).")]
    [InlineData(" ", Plain, "bits: there are none; give the characters 0 and 1, or a file.")]
    [InlineData(
        "01000001",
        "other",
        "model: 'other' is no installed bit model; use parity or plain, or install the one"
    )]
    public async Task Bits_that_cannot_be_read_are_refused_by_name(string bits, string model, string message) =>
        await RefusesAsync(new LongInferenceRequest { Bits = bits, Model = model }, message);

    [Fact]
    public async Task Wrong_arguments_are_refused_by_name()
    {
        var right = new LongInferenceRequest { Bits = "01000001", Model = Plain };
        await RefusesAsync(right with { File = "a" }, "bits, file: both were given; give one of them.");
        await RefusesAsync(right with { Text = "a" }, "text, document, datastore, path_glob: a bit model reads");
        await RefusesAsync(right with { Mode = InferenceMode.Generate }, "mode: generate is of texts");
        await RefusesAsync(right with { Window = 5 }, "window, overlap: they are of tokens");
        await RefusesAsync(right with { ListedWindows = -1 }, "ListedWindows is -1; 0 to 1,000 are allowed.");
        await RefusesAsync(
            right with
            {
                CtxBits = 32,
                OverlapBits = 32,
            },
            "overlap_bits: 32 is out of range; use 1 to 31"
        );
        await RefusesAsync(
            right with
            {
                Bits = null,
                File = Write("empty", []),
            },
            "is empty; there is nothing to predict."
        );
        await RefusesAsync(right with { Bits = null, File = Folder.Path }, "is a directory; name a file in it.");
        await RefusesAsync(
            right with
            {
                Bits = null,
                File = "/etc/hostname",
            },
            "file: '/etc/hostname' is outside the allowed roots"
        );
        var gone = Path.Combine(Folder.Path, "gone");
        await RefusesAsync(
            right with
            {
                Bits = null,
                File = gone,
            },
            $"file: nothing exists at '{gone}'; check its spelling."
        );
    }

    [Fact]
    public void The_least_likely_spans_are_found_wherever_they_are()
    {
        var spans = new UnlikelyByteSpans(firstByte: 1000);
        for (var i = 0; i < 100_000; i++)
        {
            spans.Add(i is >= 40_000 and < 40_100 or >= 99_990 ? 9 : 1 + (i % 7 * 0.1));
        }

        var found = spans.Highest(2, (_, _) => "");

        Assert.InRange(found[0].Offset, 40_980, 41_000);
        Assert.InRange(found[0].Offset + found[0].Length, 41_100, 41_120);
        Assert.InRange(found[1].Offset, 100_970, 100_990);
    }

    [Fact]
    public void A_span_has_the_cost_of_each_of_its_bytes()
    {
        double[] costs = [.. Enumerable.Range(0, 100).Select(i => i is >= 40 and < 70 ? 8 + (i % 3) : 1.0)];
        var spans = new UnlikelyByteSpans(firstByte: 500);
        Array.ForEach(costs, spans.Add);

        var found = Assert.Single(spans.Highest(1, (_, length) => new string('0', 2 * length)));

        Assert.Equal(found.Length, found.Costs.Count);
        Assert.Equal(costs.Skip((int)found.Offset - 500).Take(found.Length), found.Costs);
    }

    [Fact]
    public async Task Every_byte_is_told_once_and_in_order_with_its_cost()
    {
        var told = new List<(long Offset, double Cost)>();
        var stream = await InferAsync(
            new()
            {
                File = Write("text.txt", s_bytes),
                Model = Plain,
                ByteRead = (offset, cost) => told.Add((offset, cost)),
            }
        );

        Assert.Equal(Enumerable.Range(0, s_bytes.Length).Select(i => (long)i), told.Select(one => one.Offset));
        Assert.Equal(stream.BitsPerByte, told.Average(one => one.Cost), 6);
    }

    /// <summary>A request of about 900 windows.</summary>
    private LongInferenceRequest Long() =>
        new() { File = Write("long", [.. Enumerable.Repeat(s_bytes, 150).SelectMany(one => one)]), Model = Plain };

    private async Task ContinuesAsync(LongInferenceRequest request, BitStreamReport whole, LongInferenceReport first)
    {
        var rest = await InferAsync(request with { Cursor = first.NextCursor });
        Assert.Equal(
            whole.Windows.Select(window => (window.FirstBit, window.Bits, window.BitsPerByte)),
            first
                .BitStream!.Windows.Concat(rest.Windows)
                .Select(window => (window.FirstBit, window.Bits, window.BitsPerByte))
        );
    }

    private async Task<BitStreamReport> InferAsync(LongInferenceRequest request) =>
        (await Service.InferAsync(request, progress: null, Cancellation)).BitStream!;

    private async Task RefusesAsync(LongInferenceRequest request, string message)
    {
        var error = await Assert.ThrowsAsync<ContextException>(() => InferAsync(request));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    private sealed class Stop(CancellationTokenSource source) : IProgress<LongInferenceProgress>
    {
        public LongInferenceProgress? Last { get; private set; }

        public void Report(LongInferenceProgress value)
        {
            Last = value;
            if (value.Window > 10)
            {
                source.Cancel();
            }
        }
    }
}
