using McpLongContext.Inference.Bits;
using McpLongContext.LongAttention.Bits;
using McpLongContext.Training.Bits.Benchmark;

namespace McpLongContext.Training.Tests.Bits;

/// <summary>Defaults that measurements make; what is measured is invented here.</summary>
public sealed class BitBenchmarkTests : IDisposable
{
    private const long GiB = 1L << 30;

    private static readonly BitTransformerConfig s_basis = new()
    {
        Width = 32,
        HeadCount = 2,
        LayerCount = 1,
        FeedForwardSize = 32,
        MaxLength = 4096,
        ChunkSize = 512,
        ChunkOverlap = 256,
    };

    private readonly StringWriter _output = new();

    public void Dispose() => _output.Dispose();

    [Fact]
    public async Task On_a_large_machine_window_and_chunks_are_the_longest_that_are_half_as_fast_as_the_fastest()
    {
        var defaults = await ChooseAsync(
            16 * GiB,
            one =>
                one.Model switch
                {
                    { MaxLength: 16_384 } => (60, GiB),
                    { ChunkSize: 256 } => (100, GiB),
                    { ChunkSize: 0 } => (49, GiB),
                    { ChunkSize: 2048 } => (51, GiB),
                    _ => (80, GiB),
                }
        );

        Assert.Equal((16_384, 2048, 128), (defaults.MaxSeqLen, defaults.ChunkSize, defaults.Overlap));
        Assert.Equal((16 * GiB, 8), (defaults.Ram, defaults.Batch));
        Assert.False(defaults.Reversible || defaults.UseAct || defaults.Bfloat16 || defaults.Quantize);
    }

    [Fact]
    public async Task What_takes_more_than_half_of_the_memory_is_not_chosen_and_streams_are_halved_until_they_fit()
    {
        var defaults = await ChooseAsync(
            2 * GiB,
            one => (100, one.Model.MaxLength > 1024 ? 2 * GiB : one.Batch * GiB / 4)
        );

        Assert.Equal((1024, 4), (defaults.MaxSeqLen, defaults.Batch));
    }

    [Fact]
    public async Task A_switch_is_turned_on_where_it_saves_a_tenth()
    {
        var defaults = await ChooseAsync(
            16 * GiB,
            one =>
                one switch
                {
                    { Model.IsReversible: true } => (90, GiB * 8 / 10),
                    { Model.IsAdaptive: true } => (109, GiB),
                    { IsHalf: true } => (111, GiB),
                    { Work: BitWork.QuantizedEngine } => (600, GiB),
                    { Work: BitWork.Engine } => (500, GiB),
                    _ => (100, GiB),
                }
        );

        Assert.Equal(
            (true, false, true, true),
            (defaults.Reversible, defaults.UseAct, defaults.Bfloat16, defaults.Quantize)
        );
        Assert.Contains(
            "The engine reads 5.0 times as fast as TorchSharp.",
            _output.ToString(),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task What_no_process_could_measure_does_not_fit()
    {
        var defaults = await ChooseAsync(16 * GiB, one => one.Model.MaxLength == 16_384 ? null : (100, GiB));

        Assert.Equal(4096, defaults.MaxSeqLen);
        Assert.Contains("max_seq_len 16384\tdoes not fit", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_machine_on_which_nothing_fits_is_told_how_much_is_needed()
    {
        var error = await Assert.ThrowsAsync<TrainingException>(() => ChooseAsync(GiB, _ => (100, GiB)));

        Assert.Equal(
            "--memory: a training of one stream takes 1024 MiB, half of the memory is 512 MiB; give more, or a smaller "
                + "--width, --layers or --feed-forward.",
            error.Message
        );
    }

    [Fact]
    public async Task A_case_is_measured_in_a_process_of_its_own()
    {
        var one = new BitCases(s_basis with { MaxLength = 64, ChunkSize = 32, ChunkOverlap = 16 }, 2, 1).Basis;

        var measured = await BitMeterProcess.MeasureAsync(
            one with
            {
                Seconds = 0.01,
            },
            TestContext.Current.CancellationToken
        );

        Assert.NotNull(measured);
        Assert.True(measured.BitsPerSecond > 0, measured.ToString());
        Assert.InRange(measured.Memory, 10L << 20, 4 * GiB);
    }

    private Task<BitDefaults> ChooseAsync(long memory, Func<BitCase, (double Rate, long Memory)?> measure) =>
        new BitBenchmark(
            one => Task.FromResult(measure(one) is var (rate, taken) ? new BitMeasurement(rate, taken) : null),
            _output
        ).RunAsync(new BitCases(s_basis, batch: 8, threads: 2), memory, "model");
}
