namespace SshGateway.Operator.Yaml;

/// <summary>The text of one document of a file.</summary>
/// <param name="Number">From 1.</param>
/// <param name="FirstLine">The file's line on which the text starts, from 1.</param>
internal sealed record YamlText(int Number, int FirstLine, string Text)
{
    /// <summary>
    /// Splits a file at its document marks. A mark at the start of a line is always one (YAML 1.2 section 9.1.2), so
    /// a document with broken syntax does not take its neighbours with it.
    /// </summary>
    public static IReadOnlyList<YamlText> Split(string file)
    {
        var documents = new List<YamlText>();
        int start = 0;
        int startLine = 1;
        int line = 1;
        for (int position = 0; position < file.Length; line++)
        {
            int end = file.IndexOf('\n', position);
            end = end < 0 ? file.Length : end + 1;
            if (IsMark(file.AsSpan(position, end - position)))
            {
                Add(position);
                start = position;
                startLine = line;
            }
            position = end;
        }
        Add(file.Length);
        return documents;

        void Add(int end)
        {
            string text = file[start..end];
            if (!IsEmpty(text))
            {
                documents.Add(new YamlText(documents.Count + 1, startLine, text));
            }
        }
    }

    private static bool IsMark(ReadOnlySpan<char> line) => line.StartsWith("---") && (line.Length == 3 || char.IsWhiteSpace(line[3]));

    private static bool IsEmpty(ReadOnlySpan<char> text)
    {
        foreach (ReadOnlySpan<char> line in text.EnumerateLines())
        {
            ReadOnlySpan<char> content = (IsMark(line) ? line[3..] : line).Trim();
            if (!content.IsEmpty && content[0] != '#')
            {
                return false;
            }
        }
        return true;
    }
}
