using McpLongContext.Context.Memories.Unlimiformer;

namespace McpLongContext.Context.Tests.Memories;

public sealed class KeyNameTests
{
    [Theory]
    [InlineData("tinyllama-chat 0123456789abcdef Int8;keys 1;layer 13 group 2", null)]
    [InlineData("tinyllama-chat 0123456789abcdef Int8 Yarn 4096;keys 1;layer 13 group 2;values from layer 11", 11)]
    public void A_stored_name_is_read_as_it_was_written(string stored, int? layerBegin)
    {
        var name = KeyName.Parse(stored);

        Assert.Equal((13, 2, layerBegin), (name!.Layer, name.KeyValueHead, name.LayerBegin));
        Assert.Equal(stored, name.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("all-minilm 0123 Int8;passages 3;text 2")]
    [InlineData("a b Int8;keys 1;layer 1 group 2;values from layer ")]
    public void Another_name_is_none(string stored) => Assert.Null(KeyName.Parse(stored));
}
