using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using McpLongContext.Inference.Bert;
using McpLongContext.Inference.Checkpoints;
using McpLongContext.Inference.Checkpoints.Gguf;
using McpLongContext.Inference.Decoders.Packed;
using McpLongContext.Inference.Models;
using McpLongContext.Inference.Models.Sources;
using McpLongContext.Inference.Tests.Checkpoints.Gguf;
using McpLongContext.Inference.Tokenizers.Formats;
using McpLongContext.Tests.Shared;
using Decoder = McpLongContext.Inference.Decoders.Decoder;

namespace McpLongContext.Inference.Tests.Hostile;

/// <summary>
/// Files of models, damaged in any way: they load or are refused by name, in bounded time and memory. What loads can
/// be used.
/// </summary>
public sealed class MutatedModelTests : IDisposable
{
    private static readonly string[] s_encoder = ["config.json", "tokenizer.json", "model.safetensors"];
    private static readonly string[] s_llama = ["config.json", "model.safetensors"];
    private static readonly string[] s_shards =
    [
        "config.json",
        "model.safetensors.index.json",
        "model-00001-of-00002.safetensors",
        "model-00002-of-00002.safetensors",
    ];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("mutated-");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("config.json")]
    [InlineData("tokenizer.json")]
    [InlineData("model.safetensors")]
    public void An_encoder_with_a_mutated_file_loads_and_runs_or_is_refused(string mutated)
    {
        Copy("tiny-bert", s_encoder);
        ReadMutants(mutated, _ => RunEncoder(), File.ReadAllBytes(PathOf(mutated)));
    }

    [Theory]
    [InlineData("llama", "config.json")]
    [InlineData("llama", "model.safetensors")]
    [InlineData("yarn", "config.json")]
    [InlineData("llama3", "config.json")]
    [InlineData("qwen3", "model.safetensors.index.json")]
    public void A_decoder_with_a_mutated_file_loads_and_runs_or_is_refused(string model, string mutated)
    {
        Copy($"tiny-llama/{model}", model == "qwen3" ? s_shards : s_llama);
        ReadMutants(mutated, _ => RunDecoder(), File.ReadAllBytes(PathOf(mutated)));
    }

    [Fact]
    public void A_mutated_gguf_file_loads_and_runs_or_is_refused() =>
        ReadMutants(
            "model.gguf",
            _ => RunDecoder(),
            Array.ConvertAll(
                (string[])["llama", "qwen2", "yarn"],
                name => File.ReadAllBytes(Golden.PathOf($"tiny-llama/{name}/{name}.gguf"))
            )
        );

    [Fact]
    public void A_mutated_llama2c_file_loads_and_runs_or_is_refused()
    {
        // dim 8, hidden 8, 1 layer, 2 heads, 2 kv heads, 3 tokens, window 4.
        const int Floats = (3 * 8) + 8 + (4 * 64) + 8 + (3 * 64) + 8 + (4 * 4);
        byte[] whole = [.. GgufBuilder.Bytes(8, 8, 1, 2, 2, 3, 4), .. new byte[Floats * sizeof(float)]];
        ReadMutants("model.bin", _ => RunDecoder(), whole);
    }

    [Fact]
    public void Mutated_packed_weights_are_packed_anew_and_never_computed_with()
    {
        Copy("tiny-llama/llama", s_llama);
        var cache = new WeightCache(PathOf(WeightCache.Name), "content");
        var expected = StatesWith(cache);
        ReadMutants(
            WeightCache.Name,
            _ => Assert.Equal(expected, StatesWith(cache)),
            File.ReadAllBytes(PathOf(WeightCache.Name))
        );

        float[] StatesWith(WeightCache kept)
        {
            using var model = Decoder.Load(_folder.FullName, threads: 1, cache: kept);
            using var run = model.CreateSession(threads: 1);
            var states = new float[model.Config.HiddenSize];
            run.Forward([0, 1, 0], states);
            return states;
        }
    }

    [Fact]
    public void A_mutated_tokenizer_of_a_gguf_file_cuts_text_or_is_refused()
    {
        string[] letters = [.. Enumerable.Range(0, 256).Select(value => $"<0x{value:X2}>")];
        string[] tokens = ["<unk>", "<s>", "</s>", .. letters, "\u2581", "a", "b", "ab", "\u2581a"];
        int[] kinds = [2, 3, 3, .. letters.Select(_ => 6), 1, 1, 1, 1, 1];
        var sentencePiece = new GgufBuilder()
            .Text("tokenizer.ggml.model", "llama")
            .Array("tokenizer.ggml.tokens", 8, (ulong)tokens.Length, [.. tokens.SelectMany(GgufBuilder.Text)])
            .Array("tokenizer.ggml.token_type", 5, (ulong)kinds.Length, GgufBuilder.Bytes(kinds))
            .Array(
                "tokenizer.ggml.scores",
                6,
                (ulong)tokens.Length,
                GgufBuilder.Bytes([.. tokens.Select((_, id) => -(float)id)])
            )
            .Pair("tokenizer.ggml.bos_token_id", 4, GgufBuilder.Bytes(1u))
            .Pair("tokenizer.ggml.eos_token_id", 4, GgufBuilder.Bytes(2u))
            .Text("tokenizer.chat_template", "{{ messages }}");
        string[] bytes = [.. ByteLetters(), "ab", "abc"];
        string[] merges = ["a b", "ab c"];
        var byteLevel = new GgufBuilder()
            .Text("tokenizer.ggml.model", "gpt2")
            .Text("tokenizer.ggml.pre", "gpt-2")
            .Array("tokenizer.ggml.tokens", 8, (ulong)bytes.Length, [.. bytes.SelectMany(GgufBuilder.Text)])
            .Array("tokenizer.ggml.merges", 8, (ulong)merges.Length, [.. merges.SelectMany(GgufBuilder.Text)]);
        ReadMutants("model.gguf", Cut, sentencePiece.Build(), byteLevel.Build());

        static void Cut(string path)
        {
            using var file = GgufFile.Open(path);
            var tokenizer = GgufTokenizer.Load(file);
            tokenizer.Decode(tokenizer.EncodePrompt("abc äb\n a"));
        }
    }

    [Fact]
    public void A_mutated_tokenizer_of_llama2c_cuts_text_or_is_refused()
    {
        var file = new List<byte>(GgufBuilder.Bytes(4));
        foreach (var id in Enumerable.Range(0, 3 + 256 + 20))
        {
            var text = Encoding.UTF8.GetBytes($"{(char)('a' + (id % 26))}{id % 7}");
            file.AddRange([.. GgufBuilder.Bytes(-(float)id), .. GgufBuilder.Bytes(text.Length), .. text]);
        }

        ReadMutants("tokenizer.bin", path => Decode(TokenizerBin.Load(path).Encode("a1 b2")), [.. file]);

        static void Decode(IReadOnlyList<int> tokens) => Assert.NotNull(tokens);
    }

    [Theory]
    [InlineData("tokenizer.json")]
    [InlineData("tokenizer_config.json")]
    [InlineData("generation_config.json")]
    public void A_mutated_tokenizer_json_cuts_text_or_is_refused(string mutated)
    {
        var vocabulary = ByteLetters().Append("ab").Append("abc").Select((letter, id) => $"{Quoted(letter)}:{id}");
        File.WriteAllText(
            PathOf("tokenizer.json"),
            """
            {"added_tokens":[{"id":258,"content":"<s>","special":true},{"id":259,"content":"</s>","special":true}],
            "normalizer":{"type":"NFC"},
            "pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Digits","individual_digits":true},{"type":"ByteLevel","add_prefix_space":false}]},
            "post_processor":{"type":"Sequence","processors":[{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>"}}]}]},
            "model":{"type":"BPE","ignore_merges":true,"merges":["a b",["ab","c"]],"vocab":{
            """
                + string.Join(',', vocabulary)
                + "}}}"
        );
        File.WriteAllText(
            PathOf("tokenizer_config.json"),
            """{"bos_token":{"content":"<s>"},"eos_token":"</s>","add_bos_token":true,"chat_template":[{"name":"default","template":"x"}]}"""
        );
        File.WriteAllText(PathOf("generation_config.json"), """{"eos_token_id":[258,259],"pad_token_id":1}""");
        ReadMutants(
            mutated,
            _ =>
            {
                var tokenizer = TokenizerJson.Load(_folder.FullName);
                tokenizer.Decode(tokenizer.EncodePrompt("abc 123 ä\n"));
            },
            File.ReadAllBytes(PathOf(mutated))
        );
    }

    [Fact]
    public void A_mutated_manifest_is_one_of_an_installed_model_or_of_none()
    {
        var models = Path.Combine(_folder.FullName, "models");
        var folder = Directory.CreateDirectory(Path.Combine(models, "small")).FullName;
        File.WriteAllText(Path.Combine(folder, "config.json"), "{}");
        var manifest =
            """{"name":"small","source":"hf:a/b","purpose":"encoder","files":[{"name":"config.json","size":2,"sha256":"00"}]}""";
        var store = new ModelStore(new ModelStoreOptions { Folder = models });
        ReadMutants(Path.Combine(folder, "manifest.json"), _ => store.List(), Encoding.UTF8.GetBytes(manifest));
    }

    [Fact]
    public void A_mutated_catalog_is_read_or_refused() =>
        ReadMutants(
            "models.json",
            path => ModelCatalog.Load(path).Find("all"),
            File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "models.json"))
        );

    [Fact]
    public void A_mutated_package_gives_the_files_that_were_asked_for_or_is_refused()
    {
        var tar = new MemoryStream();
        using (var writer = new TarWriter(tar, leaveOpen: true))
        {
            foreach (var name in (string[])["package/a.json", "package/model.bin"])
            {
                writer.WriteEntry(
                    new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(Sample.Bytes(700)) }
                );
            }
        }

        PackedPart[] parts =
        [
            new(null, "a.json", null, 700, "a.json", 0),
            new(null, "model.bin", 100, 500, "model.bin", 0),
        ];
        var outputs = _folder.CreateSubdirectory("output").FullName;
        ReadMutants(
            "package.tgz",
            path =>
            {
                var bytes = File.ReadAllBytes(path);
                using (var file = File.Create(path))
                using (var gzip = new GZipStream(file, CompressionLevel.Fastest))
                {
                    gzip.Write(bytes);
                }

                PackageTarball.ExtractAsync(path, "package", parts, outputs, Cancellation).GetAwaiter().GetResult();
                Assert.Equal(700, new FileInfo(Path.Combine(outputs, "a.json")).Length);
            },
            tar.ToArray()
        );
        Assert.Empty(_folder.EnumerateFiles("*.json"));
    }

    private void RunEncoder()
    {
        using var encoder = BertEncoder.Load(_folder.FullName);
        encoder.Tokenizer.Tokenize("Hällo wörld, abc!");
        var states = new float[3 * encoder.Config.HiddenSize];
        encoder.CreateSession().Encode([0, 1, 0], [3], states);
    }

    private void RunDecoder()
    {
        using var model = Decoder.Load(_folder.FullName, threads: 1);
        using var run = model.CreateSession(threads: 1);
        run.Forward([0, 1, 0], []);
    }

    private void ReadMutants(string name, Action<string> read, params byte[][] originals)
    {
        var path = PathOf(name);
        var refused = Mutants.Read(
            originals,
            mutant =>
            {
                File.WriteAllBytes(path, mutant);
                read(path);
            },
            error => error is CheckpointException or ModelException && error.Message.Contains(Named(error))
        );
        TestContext.Current.SendDiagnosticMessage($"{name}: {refused} of {Scale.Of(Mutants.Count)} mutants refused");
    }

    /// <summary>The name that a message must have: the file or folder; a gap of a package is named by the package.</summary>
    private string Named(Exception error) => error is CheckpointException ? _folder.Name : "";

    private static IEnumerable<string> ByteLetters() =>
        Enumerable
            .Range(0, 256)
            .Select(value =>
                value is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF)
                    ? ((char)value).ToString()
                    : ((char)(256 + Shift(value))).ToString()
            );

    /// <summary>The rank of a byte among those that are not printed as themselves.</summary>
    private static int Shift(int value) =>
        value <= 32 ? value
        : value <= 0xA0 ? 33 + value - 127
        : 67;

    private static string Quoted(string letter) => JsonSerializer.Serialize(letter);

    private void Copy(string source, string[] names)
    {
        foreach (var name in names)
        {
            File.Copy(Path.Combine(Golden.PathOf(source), name), PathOf(name));
        }
    }

    private string PathOf(string name) => Path.Combine(_folder.FullName, name);
}
