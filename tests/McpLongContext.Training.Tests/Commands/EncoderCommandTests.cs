using McpLongContext.Inference.Bert;
using McpLongContext.Inference.Checkpoints;
using McpLongContext.Inference.Models;
using McpLongContext.Training.Commands;

namespace McpLongContext.Training.Tests.Commands;

/// <summary>An adapter of an encoder of width 20, trained as a user does.</summary>
public sealed class EncoderCommandTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("encoder-");
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    /// <summary>A rate at which an adapter forgets the texts.</summary>
    private const string Ruinous = "1";

    private string Encoder => PathOf("bert");

    private string Texts => PathOf("texts");

    private string RunFolder => PathOf("run");

    public EncoderCommandTests()
    {
        Directory.CreateDirectory(Encoder);
        foreach (var name in (string[])["config.json", "tokenizer.json", "model.safetensors"])
        {
            File.Copy(Path.Combine(AppContext.BaseDirectory, "tiny-bert", name), Path.Combine(Encoder, name));
        }

        Directory.CreateDirectory(Texts);
        var random = new Random(1);
        for (var file = 0; file < 60; file++)
        {
            // A letter of its own in each section: what there is to be learned.
            var letter = (char)('a' + (file % 22));
            var words = Enumerable.Range(0, 24).Select(_ => $"{letter}{(char)('a' + random.Next(22))}");
            File.WriteAllText(
                Path.Combine(Texts, $"text{file}.md"),
                $"# {letter} {letter}b {(char)('a' + random.Next(22))}\n\n{string.Join(' ', words)}\n"
            );
        }
    }

    public void Dispose()
    {
        _folder.Delete(recursive: true);
        _output.Dispose();
        _error.Dispose();
    }

    [Fact]
    public async Task An_adapter_is_trained_into_the_folder_of_the_encoder()
    {
        Assert.Equal(0, await RunAsync(Texts));

        var store = new ModelStore(new ModelStoreOptions { Folder = PathOf("models") });
        var config = BertConfig.Load(Path.Combine(Encoder, BertConfig.FileName));
        var weights = TrainedModel.Find(Encoder, store).Weights;
        var adapter = EncoderAdapter.Load(Path.Combine(Encoder, EncoderAdapter.FileName), config, weights);
        Assert.Equal(12, adapter.Changes.Count);
        Assert.Contains(adapter.Changes, change => change.Up.Span.ContainsAnyExcept(0f));
        Assert.InRange(RunMetrics.HeldOut(RunFolder, "MRR, late interaction"), 0.01, 1);
        Assert.Contains("without an adapter, held out", Error, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(RunFolder, "training.svg")));
    }

    [Fact]
    public async Task A_training_that_was_broken_off_ends_at_the_same_bytes()
    {
        Assert.Equal(0, await RunAsync(Texts));
        var whole = File.ReadAllBytes(Path.Combine(Encoder, EncoderAdapter.FileName));
        Directory.Delete(RunFolder, recursive: true);
        using var stop = new CancellationTokenSource();
        // The progress line of the first step breaks it off.
        using var error = new InterruptingWriter("step 1/6,", stop);
        Assert.Equal(ExitCode.Interrupted, await CommandLine.RunAsync(Arguments(Texts), _output, error, stop.Token));

        Assert.Equal(0, await RunAsync(Texts));

        Assert.Equal(whole, File.ReadAllBytes(Path.Combine(Encoder, EncoderAdapter.FileName)));
    }

    /// <summary>An adapter of as many dimensions as the encoder has to be as good as none.</summary>
    [Fact]
    public async Task An_adapter_that_is_worse_than_none_is_not_installed()
    {
        WriteWideEncoder();

        Assert.Equal(ExitCode.Failed, await RunAsync(Texts, "--learning-rate", Ruinous));

        Assert.Contains(
            "after 6 steps no adapter was as good on held-out pairs as none: none was installed",
            Error,
            StringComparison.Ordinal
        );
        Assert.False(File.Exists(Path.Combine(Encoder, EncoderAdapter.FileName)));
    }

    [Fact]
    public async Task Embeddings_that_are_no_numbers_find_nothing()
    {
        WriteWideEncoder();

        Assert.Equal(ExitCode.Failed, await RunAsync(Texts, "--learning-rate", "30"));

        Assert.Contains("the loss is no number", Error, StringComparison.Ordinal);
        Assert.InRange(RunMetrics.HeldOut(RunFolder, "MRR, late interaction"), 0, 0.1);
        Assert.False(File.Exists(Path.Combine(RunFolder, EncoderAdapter.FileName)));
    }

    [Fact]
    public async Task An_adapter_of_fewer_dimensions_is_not_compared_with_none()
    {
        WriteWideEncoder();

        Assert.Equal(0, await RunAsync(Texts, "--learning-rate", Ruinous, "--dimensions", "64"));

        Assert.True(File.Exists(Path.Combine(Encoder, EncoderAdapter.FileName)));
    }

    [Theory]
    [InlineData("nothing", "nothing: no folder, and")]
    [InlineData("EMPTY", "0 pairs of")]
    [InlineData("TEXTS --pairs letters", "--pairs letters: expected documentation, headings, sentences, commits")]
    [InlineData("TEXTS --batch 1", "--batch 1: expected 2 to 4096")]
    [InlineData("TEXTS --passage-tokens 50", "--passage-tokens 50: expected 16 to 40")]
    [InlineData("TEXTS --dimensions 64", "--dimensions 64: expected a multiple of 64 up to 20")]
    [InlineData("TEXTS --rank 0", "--rank 0: expected a number above 0")]
    [InlineData("TEXTS --threads 0", "--threads 0: expected a number above 0")]
    [InlineData("TEXTS --keep-weight -1", "--keep-weight -1: expected 0 or more")]
    [InlineData("TEXTS --model EMPTY", "There is no model")]
    [InlineData("TEXTS --model TEXTS", "no encoder (BERT) found in")]
    public async Task Wrong_arguments_are_named(string arguments, string message)
    {
        var empty = Directory.CreateDirectory(PathOf("empty")).FullName;

        var exit = await RunAsync(
            Split(
                arguments
                    .Replace("TEXTS", Texts, StringComparison.Ordinal)
                    .Replace("EMPTY", empty, StringComparison.Ordinal)
            )
        );

        Assert.Equal(ExitCode.Failed, exit);
        Assert.Contains(message, Error, StringComparison.Ordinal);
    }

    private string Error => _error.ToString();

    private string PathOf(string name) => Path.Combine(_folder.FullName, name);

    /// <summary>Replaces the encoder by a random one that has dimensions to spare.</summary>
    private void WriteWideEncoder()
    {
        const int Narrow = 20;
        const int Wide = 128;
        var config = Path.Combine(Encoder, BertConfig.FileName);
        File.WriteAllText(
            config,
            File.ReadAllText(config).Replace($"\"hidden_size\": {Narrow}", $"\"hidden_size\": {Wide}")
        );
        var weights = Path.Combine(Encoder, "model.safetensors");
        var random = new Random(1);
        List<SafetensorsEntry> entries = [];
        using (var file = SafetensorsFile.Open(weights))
        {
            foreach (var (name, tensor) in file.Tensors)
            {
                int[] shape = [.. tensor.Shape.Select(size => size == Narrow ? Wide : (int)size)];
                var isScale = name.EndsWith("LayerNorm.weight", StringComparison.Ordinal);
                var values = Enumerable
                    .Range(0, shape.Aggregate(1, (all, size) => all * size))
                    .Select(_ => isScale ? 1 : (float)(random.NextDouble() - 0.5) / 4);
                entries.Add(new SafetensorsEntry(name, shape, values.ToArray()));
            }
        }

        using var target = File.Create(weights);
        SafetensorsWriter.Write(target, entries, new Dictionary<string, string>());
    }

    private static string[] Split(string options) => options.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private Task<int> RunAsync(params string[] arguments) =>
        CommandLine.RunAsync(Arguments(arguments), _output, _error, CancellationToken.None);

    private string[] Arguments(params string[] arguments)
    {
        (string Name, string Value)[] defaults =
        [
            ("--model", Encoder),
            ("--run", RunFolder),
            ("--home", _folder.FullName),
            ("--steps", "6"),
            ("--batch", "8"),
            ("--passage-tokens", "32"),
            ("--rank", "2"),
            ("--evaluate-every", "3"),
            ("--threads", "1"),
        ];
        return
        [
            "encoder",
            .. arguments,
            .. defaults.Where(one => !arguments.Contains(one.Name)).SelectMany(one => (string[])[one.Name, one.Value]),
        ];
    }
}
