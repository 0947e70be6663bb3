using McpLongContext.Inference;
using McpLongContext.Inference.Decoders;
using McpLongContext.Inference.Models;
using McpLongContext.Inference.Tokenizers.Formats;
using McpLongContext.LongAttention.Unlimiformer.Selection;
using McpLongContext.Tests.Shared;

namespace McpLongContext.LongAttention.Tests.Unlimiformer.Selection;

public sealed class RetrievalHeadsFileTests : IDisposable
{
    private static readonly DecoderConfig s_config = DecoderConfig.Load(
        Path.Combine(AppContext.BaseDirectory, "tiny-llama", "llama")
    );
    private static readonly RetrievalHeads s_heads = new(1, 1, [2, 3], 0.75);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();

    private string FilePath => Path.Combine(_folder.FullName, RetrievalHeadsFile.Name);

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Heads_come_back_as_they_were_kept()
    {
        Assert.Null(RetrievalHeadsFile.Read(Installed("a"), s_config));
        RetrievalHeadsFile.Write(Installed("a"), s_heads with { Heads = [2] });
        RetrievalHeadsFile.Write(Installed("a"), s_heads);
        AssertHeads(s_heads, RetrievalHeadsFile.Read(Installed("a"), s_config));
        Assert.Equal(FilePath, Assert.Single(_folder.GetFiles()).FullName);
    }

    [Fact]
    public void Other_weights_under_the_same_name_have_no_heads_yet()
    {
        RetrievalHeadsFile.Write(Installed("a"), s_heads);
        Assert.Null(RetrievalHeadsFile.Read(Installed("b"), s_config));
    }

    [Fact]
    public void A_file_with_any_byte_changed_or_cut_off_counts_as_none()
    {
        RetrievalHeadsFile.Write(Installed("a"), s_heads);
        var whole = File.ReadAllText(FilePath);
        for (var i = 0; i < whole.Length; i++)
        {
            var damaged = whole.ToCharArray();
            damaged[i] = (char)(damaged[i] ^ 1);
            File.WriteAllText(FilePath, new string(damaged));
            Assert.Null(RetrievalHeadsFile.Read(Installed("a"), s_config));
            File.WriteAllText(FilePath, whole[..i]);
            Assert.Null(RetrievalHeadsFile.Read(Installed("a"), s_config));
        }
    }

    [Theory]
    [InlineData(2, 1, 2)] // two layers
    [InlineData(1, 2, 2)] // two key heads
    [InlineData(1, 0, 2)] // head 2 belongs to key head 1
    [InlineData(1, 1, 4)] // four heads
    public void Heads_that_the_model_does_not_have_count_as_none(int layer, int kvHead, int head)
    {
        RetrievalHeadsFile.Write(Installed("a"), new RetrievalHeads(layer, kvHead, [head], 1));
        Assert.Null(RetrievalHeadsFile.Read(Installed("a"), s_config));
    }

    [Fact]
    public async Task A_model_is_calibrated_once_and_again_when_the_file_is_damaged()
    {
        var folder = await TestModels.StoriesAsync();
        using var model = Decoder.Load(folder);
        var tokenizer = ModelTokenizer.Load(folder);
        var cancellation = TestContext.Current.CancellationToken;

        var first = RetrievalHeadsFile.ReadOrCalibrate(Installed("a"), model, tokenizer, [1], 2, cancellation);
        AssertHeads(first, RetrievalHeadsFile.Read(Installed("a"), model.Config));

        // The second time the file is believed, and nothing is computed.
        var kept = new RetrievalHeads(3, 4, [4], 0.5);
        RetrievalHeadsFile.Write(Installed("a"), kept);
        AssertHeads(kept, RetrievalHeadsFile.ReadOrCalibrate(Installed("a"), model, tokenizer, [1], 2, cancellation));

        await File.WriteAllTextAsync(FilePath, "{", cancellation);
        AssertHeads(first, RetrievalHeadsFile.ReadOrCalibrate(Installed("a"), model, tokenizer, [1], 2, cancellation));
        AssertHeads(first, RetrievalHeadsFile.Read(Installed("a"), model.Config));
    }

    [Fact]
    public async Task A_folder_that_keeps_nothing_does_not_keep_from_reading()
    {
        var folder = await TestModels.StoriesAsync();
        using var model = Decoder.Load(folder);
        var nowhere = Installed("a") with { Folder = Path.Combine(_folder.FullName, "missing") };
        Assert.Throws<ModelException>(() => RetrievalHeadsFile.Write(nowhere, s_heads));
        var heads = RetrievalHeadsFile.ReadOrCalibrate(
            nowhere,
            model,
            ModelTokenizer.Load(folder),
            [1],
            2,
            TestContext.Current.CancellationToken
        );
        Assert.NotEmpty(heads.Heads);
    }

    private static void AssertHeads(RetrievalHeads expected, RetrievalHeads? found)
    {
        Assert.NotNull(found);
        Assert.Equal(expected.Heads, found.Heads);
        Assert.Equal(expected with { Heads = found.Heads }, found);
    }

    private InstalledModel Installed(string hash) =>
        new(
            _folder.FullName,
            new ModelEntry("tiny", "npm:tiny@1.0.0", [new ModelFile("tiny.gguf", 1) { Sha256 = hash }])
        );
}
