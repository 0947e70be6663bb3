namespace McpLongContext.Documents.Tests.Formats;

public sealed class NotebookFormatTests
{
    [Fact]
    public void Cells_and_the_text_of_their_outputs_are_read()
    {
        var text = Sample.Read(
            "a.ipynb",
            """
            {"nbformat": 4, "metadata": {"language_info": {"name": "python"}}, "cells": [
              {"cell_type": "markdown", "source": ["# Churn\n", "Few invoices."]},
              {"cell_type": "code", "source": "plot(x)", "outputs": [
                {"output_type": "display_data", "data": {"image/png": "iVBORw0KGgo", "text/plain": "<Figure size 640x480>"}},
                {"output_type": "execute_result", "data": {"text/plain": ["0.45"], "text/html": "<b>0.45</b>"}},
                {"output_type": "error", "ename": "KeyError", "evalue": "'age'", "traceback": ["\u001b[31mline 1\u001b[0m"]}]}]}
            """
        );

        Assert.Equal(
            "# Churn\nFew invoices.\n\n```python\nplot(x)\n```\n\n```output\n0.45\n```\n\n```output\nKeyError: 'age'\nline 1\n```\n\n",
            text.Text
        );
        Assert.Equal("cell=1", text.Locate("Few invoices."));
        Assert.Equal("cell=2", text.Locate("KeyError"));
    }

    [Fact]
    public void JSON_of_something_else_stays_JSON()
    {
        var file = Sample.Of("a.ipynb", "{\"a\": 1}");

        Assert.Null(DocumentFormats.Read(DocumentFormats.Find(file)!, file));
    }
}
