using McpLongContext.Inference.Decoders;
using McpLongContext.Inference.Tokenizers.Formats;
using McpLongContext.LongAttention.Unlimiformer.Selection;
using McpLongContext.Tests.Shared;

namespace McpLongContext.LongAttention.Tests.Unlimiformer.Selection;

public sealed class HeadCalibrationTests
{
    [Fact]
    public async Task Heads_share_a_key_head_and_are_the_same_each_time()
    {
        var folder = await TestModels.StoriesAsync();
        using var model = Decoder.Load(folder);
        var tokenizer = ModelTokenizer.Load(folder);

        var once = HeadCalibration.Run(model, tokenizer, [1], 2, TestContext.Current.CancellationToken);
        var again = HeadCalibration.Run(model, tokenizer, [1], 1, TestContext.Current.CancellationToken);

        var size = model.Config.HeadCount / model.Config.KeyValueHeadCount;
        Assert.NotEmpty(once.Heads);
        Assert.All(once.Heads, head => Assert.Equal(once.KeyValueHead, head / size));
        Assert.InRange(once.Layer, 0, model.Config.LayerCount - 1);
        Assert.InRange(once.HitRate, 0, 1);
        Assert.Equal((once.Layer, once.KeyValueHead), (again.Layer, again.KeyValueHead));
        Assert.Equal(once.Heads, again.Heads);
    }

    [Fact]
    public async Task A_window_without_room_for_a_fact_gives_the_first_head_of_the_middle_layer()
    {
        var folder = await TestModels.StoriesAsync();
        using var model = Decoder.Load(folder);
        var header = Enumerable.Repeat(1, model.Config.ContextLength - 20).ToArray();

        var heads = HeadCalibration.Run(
            model,
            ModelTokenizer.Load(folder),
            header,
            cancellation: TestContext.Current.CancellationToken
        );

        Assert.Equal((model.Config.LayerCount / 2, 0, 0.0), (heads.Layer, heads.KeyValueHead, heads.HitRate));
        Assert.Equal([0], heads.Heads);
    }

    [Fact]
    public async Task Facts_stand_whole_in_the_text_as_far_as_it_fits_the_window()
    {
        var tokenizer = ModelTokenizer.Load(await TestModels.StoriesAsync());

        var document = CalibrationDocument.Plant(tokenizer, 300);

        Assert.InRange(document.Tokens.Length, 1, 300);
        Assert.InRange(document.Facts.Count, 2, 4);
        Assert.Equal(CalibrationText.Facts.Count, CalibrationDocument.Plant(tokenizer, 5000).Facts.Count);
        foreach (var fact in document.Facts)
        {
            var sentence = tokenizer.Decode(document.Tokens.AsSpan(fact.First, fact.End - fact.First));
            Assert.Equal(CalibrationText.Facts.Single(one => one.Question == fact.Question).Sentence, sentence);
        }
    }
}
