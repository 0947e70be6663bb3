using System.Numerics.Tensors;
using McpLongContext.Inference.Decoders;
using McpLongContext.Inference.Models;
using McpLongContext.Inference.Tokenizers;
using McpLongContext.Inference.Tokenizers.Formats;
using McpLongContext.LongAttention.InfiniAttention;
using McpLongContext.Tests.Shared;

namespace McpLongContext.LongAttention.Tests.InfiniAttention;

/// <summary>The adapter that is installed with stories15M remembers what its card says.</summary>
public sealed class ShippedAdapterTests
{
    private const string Filler =
        "The grass is green. The sky is blue. The sun is yellow. Here we go. There and back again.";

    [Fact]
    public async Task A_pass_key_is_recalled_from_a_text_of_eight_windows_and_nothing_behind_it()
    {
        var folder = await TestModels.StoriesAsync();
        var entry = new ModelStore().List().Single(model => model.Folder == folder).Entry;
        var path = ModelCatalog.Shipped.AdapterOf(entry.Name)!;
        Assert.InRange(new FileInfo(path).Length, 1, 2_000_000);
        using var plain = Decoder.Load(folder);
        var tokenizer = ModelTokenizer.Load(folder);
        var adapter = InfiniAdapter.Load(path, plain.Config, entry.Files.MaxBy(file => file.Size)!.Sha256!);
        var model = adapter.Apply(plain);
        var right = 0;
        foreach (var key in (int[])[48213, 90541, 17368, 62975])
        {
            var memory = adapter.CreateMemory(model.Config);
            var attention = adapter.Attend(model.Config, memory);
            using (var run = model.CreateSession(attention, model.Config.LayerCount - 1, threads: null))
            {
                run.Forward(tokenizer.EncodePrompt(Text(key)), []);
                attention.EndSegment();
            }

            right += Answer(model, adapter, memory, tokenizer) == $"{key}" ? 1 : 0;
        }

        Assert.InRange(right, 3, 4);
    }

    /// <summary>About 2,000 tokens.</summary>
    private static string Text(int key)
    {
        var filler = string.Join(' ', Enumerable.Repeat(Filler, 40));
        return $"{filler} The pass key is {key}. Remember it. {key} is the pass key. {filler}";
    }

    private static string Answer(Decoder model, InfiniAdapter adapter, CompressiveMemory memory, Tokenizer tokenizer)
    {
        using var run = model.CreateSession(adapter.Attend(model.Config, memory));
        var (state, logits) = (new float[model.Config.HiddenSize], new float[model.Config.VocabularySize]);
        var prompt = tokenizer.EncodePrompt("What is the pass key? The pass key is");
        var written = new List<int>();
        while (written.Count < 12)
        {
            run.Forward(prompt, state);
            run.Logits(state, logits);
            var next = TensorPrimitives.IndexOfMax<float>(logits);
            if (tokenizer.Settings.Ends.Contains(next))
            {
                break;
            }

            written.Add(next);
            prompt = [next];
        }

        return tokenizer.Decode([.. written]).Trim();
    }
}
