using System.Text;

namespace DevicePlugin.Nomad.Configuration;

/// <summary>The plugin block written out with every default, each key under what it means.</summary>
public static class ConfigExample
{
    private const int Columns = 100;

    /// <summary>
    /// HCL for Nomad's agent, for the executable of this name. It changes nothing as it stands; a repeatable block is a
    /// comment, since it would mean something by being there.
    /// </summary>
    public static string Create(string pluginName)
    {
        var text = new StringBuilder();
        text.Append("plugin \"").Append(pluginName).Append("\" {\n  config {\n");
        AppendKeys(text, "", "    ");
        foreach (var block in ConfigSchema.Blocks)
        {
            var indent = block.Repeatable ? "    # " : "    ";
            text.Append('\n');
            AppendComment(text, "    ", Describe(block));
            text.Append(indent).Append(block.Name).Append(" {\n");
            AppendKeys(text, block.Name, indent + "  ");
            text.Append(indent).Append("}\n");
        }

        return text.Append("  }\n}\n").ToString();
    }

    private static string Describe(ConfigBlock block) =>
        block.Description + (block.Repeatable ? " May be repeated." : "");

    private static void AppendKeys(StringBuilder text, string block, string indent)
    {
        var first = true;
        foreach (var key in ConfigSchema.KeysOf(block))
        {
            text.Append(first ? "" : indent.TrimEnd() + "\n");
            first = false;
            AppendComment(text, indent, key.Description);
            AppendComment(text, indent, $"Takes {key.Allowed}.");
            text.Append(indent).Append(key.Name).Append(" = ").Append(key.DefaultLiteral).Append('\n');
        }
    }

    private static void AppendComment(StringBuilder text, string indent, string comment)
    {
        text.Append(indent).Append('#');
        var column = indent.Length + 1;
        foreach (var word in comment.Split(' '))
        {
            if (column + word.Length + 1 > Columns)
            {
                text.Append('\n').Append(indent).Append('#');
                column = indent.Length + 1;
            }

            text.Append(' ').Append(word);
            column += word.Length + 1;
        }

        text.Append('\n');
    }
}
