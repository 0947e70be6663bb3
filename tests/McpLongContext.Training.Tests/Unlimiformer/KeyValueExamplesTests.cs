using McpLongContext.Inference.Tokenizers;
using McpLongContext.Inference.Tokenizers.Formats;
using McpLongContext.Training.Language;
using McpLongContext.Training.Unlimiformer.Examples;

namespace McpLongContext.Training.Tests.Unlimiformer;

public sealed class KeyValueExamplesTests : IDisposable
{
    private const int End = ByteTokenizer.Count - 1;

    private readonly string _folder = Directory.CreateTempSubdirectory("key-value-").FullName;
    private readonly Tokenizer _tokenizer;

    public KeyValueExamplesTests()
    {
        ByteTokenizer.Write(_folder);
        _tokenizer = ModelTokenizer.Load(_folder);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_document_holds_each_key_once_with_the_value_that_is_asked_for()
    {
        var example = Examples().Draw(new Random(1), progress: 1);

        var pairs = _tokenizer.Decode(example.Source).Split(';', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(pairs.Length, pairs.Select(KeyOf).Distinct().Count());
        Assert.Equal(5, example.Targets.Count);
        foreach (var target in example.Targets)
        {
            Assert.Equal(End, target.Answer[^1]);
            Assert.Contains(_tokenizer.Decode([.. target.Prompt, .. target.Answer[..^1]]), pairs);
        }

        static string KeyOf(string pair) => pair[..2];
    }

    [Fact]
    public void Gold_tokens_hold_the_key_and_the_answer()
    {
        foreach (var example in Examples().HeldOut)
        {
            Assert.All(
                example.Targets,
                target =>
                    Assert.Equal(
                        [.. target.Prompt, .. target.Answer[..^1]],
                        target.Gold.Select(at => example.Source[at])
                    )
            );
        }
    }

    [Fact]
    public void Most_keys_have_near_duplicates()
    {
        var example = Examples().Draw(new Random(2), progress: 1);

        var keys = _tokenizer
            .Decode(example.Source)
            .Split(';', StringSplitOptions.RemoveEmptyEntries)
            .Select(pair => pair[..2])
            .ToList();
        var near = keys.Count(key => keys.Any(other => other != key && (other[0] == key[0] || other[1] == key[1])));
        Assert.InRange(near, keys.Count * 3 / 4, keys.Count);
    }

    [Fact]
    public void Documents_grow_with_the_training()
    {
        var examples = Examples();

        int[] lengths =
        [
            .. new[] { 0, 0.4, 0.6, 0.8, 1 }.Select(progress => examples.Draw(new Random(3), progress).Source.Length),
        ];

        Assert.Equal(64, lengths[0]);
        Assert.Equal(64, lengths[1]);
        Assert.InRange(lengths[2], 100, 300);
        Assert.InRange(lengths[3], 396, 600);
        Assert.Equal(lengths[3], lengths[4]);
    }

    [Fact]
    public void What_is_held_out_and_tested_is_the_same_for_equal_seeds_and_no_part_of_each_other()
    {
        var (one, again) = (Examples(), Examples());

        Assert.Equal(Texts(one.HeldOut), Texts(again.HeldOut));
        Assert.Equal(["400 tokens", "500 tokens", "600 tokens"], one.Test.Select(test => test.Name));
        Assert.Empty(Texts(one.HeldOut).Intersect(one.Test.SelectMany(test => Texts(test.Examples))));

        IEnumerable<string> Texts(IEnumerable<SourceExample> examples) =>
            examples.Select(example => _tokenizer.Decode(example.Source));
    }

    private KeyValueExamples Examples() =>
        new(
            _tokenizer,
            End,
            new KeyValueSettings
            {
                ShortestSource = 400,
                LongestSource = 600,
                AskedKeys = 5,
            },
            seed: 7
        );
}
