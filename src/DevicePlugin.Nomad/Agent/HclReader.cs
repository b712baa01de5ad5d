using System.Text;
using System.Text.Json.Nodes;
using DevicePlugin.Nomad.Hosting;

namespace DevicePlugin.Nomad.Agent;

/// <summary>
/// Reads the shape of an HCL file: blocks, labels, attributes. A block becomes an array with an object for each time it
/// stands there, a label an object around its body. An expression that is no literal is kept as its text.
/// </summary>
internal sealed class HclReader
{
    private const int DeepestNesting = 64;

    private readonly string _text;
    private int _at;

    private HclReader(string text) => _text = text;

    private char Current => _at < _text.Length ? _text[_at] : '\0';

    private bool AtEnd => _at >= _text.Length;

    /// <exception cref="FormatException">It is no HCL; the message names the line.</exception>
    public static JsonObject Read(string text) => new HclReader(text).ReadBody(depth: 0);

    private JsonObject ReadBody(int depth)
    {
        if (depth > DeepestNesting)
        {
            throw Fail($"blocks are nested deeper than {DeepestNesting} levels");
        }

        var body = new JsonObject();
        while (true)
        {
            SkipBlank();
            if (AtEnd)
            {
                return depth == 0 ? body : throw Fail("a '}' is missing");
            }

            if (Current == '}')
            {
                _at++;
                return depth > 0 ? body : throw Fail("a '}' closes nothing");
            }

            ReadItem(body, depth);
        }
    }

    private void ReadItem(JsonObject body, int depth)
    {
        var name = ReadName();
        var labels = new Stack<string>();
        while (Current is not ('{' or '='))
        {
            labels.Push(ReadName());
        }

        if (_text[_at++] == '=')
        {
            body[name] = Evaluate(ReadExpression());
            return;
        }

        var block = ReadBody(depth + 1);
        while (labels.TryPop(out var label))
        {
            block = new JsonObject { [label] = block };
        }

        if (body[name] is JsonArray others)
        {
            others.Add((JsonNode)block);
        }
        else
        {
            body[name] = new JsonArray(block);
        }
    }

    private static JsonNode? Evaluate(string expression)
    {
        try
        {
            return CtyJson.Convert(HclLiteral.Parse(expression));
        }
        catch (FormatException)
        {
            return JsonValue.Create(expression);
        }
    }

    private string ReadName()
    {
        var start = _at;
        if (Current == '"')
        {
            SkipString();
            var quoted = _text[(start + 1)..(_at - 1)];
            SkipBlank();
            return quoted;
        }

        while (char.IsLetterOrDigit(Current) || Current is '_' or '-' or '.')
        {
            _at++;
        }

        var name = _text[start.._at];
        SkipBlank();
        return name.Length > 0 ? name : throw Fail(AtEnd ? "it ends too early" : $"'{Current}' is not expected here");
    }

    /// <summary>To the end of its line, or of the brackets that it opens; without comments.</summary>
    private string ReadExpression()
    {
        var result = new StringBuilder();
        var open = 0;
        while (!AtEnd)
        {
            if (SkipComment())
            {
                continue;
            }

            var start = _at;
            switch (Current)
            {
                case '"':
                    SkipString();
                    break;
                case '<' when _text.AsSpan(_at).StartsWith("<<"):
                    SkipHeredoc();
                    break;
                case '\n' or '}' or ',' when open == 0:
                    _at += Current == ',' ? 1 : 0;
                    return result.ToString().Trim();
                default:
                    open += Current is '[' or '{' or '(' ? 1 : Current is ']' or '}' or ')' ? -1 : 0;
                    _at++;
                    break;
            }

            result.Append(_text, start, _at - start);
        }

        return result.ToString().Trim();
    }

    private void SkipString()
    {
        _at++;
        while (Current != '"')
        {
            _at += Current == '\\' ? 2 : 1;
            if (AtEnd)
            {
                throw Fail("a string has no end");
            }
        }

        _at++;
    }

    private void SkipHeredoc()
    {
        var lineEnd = _text.IndexOf('\n', _at);
        var mark = lineEnd < 0 ? "" : _text[(_at + 2)..lineEnd].TrimStart('-').Trim();
        var position = lineEnd;
        while (position >= 0)
        {
            var next = _text.IndexOf('\n', position + 1);
            var end = next < 0 ? _text.Length : next;
            if (_text.AsSpan(position + 1, end - position - 1).Trim().SequenceEqual(mark))
            {
                _at = end;
                return;
            }

            position = next;
        }

        throw Fail($"the text that begins with <<{mark} has no end");
    }

    private void SkipBlank()
    {
        while (!AtEnd && (char.IsWhiteSpace(Current) || Current == ',' || SkipComment()))
        {
            // A comment has moved on by itself.
            _at += char.IsWhiteSpace(Current) || Current == ',' ? 1 : 0;
        }
    }

    private bool SkipComment()
    {
        var rest = _text.AsSpan(_at);
        if (rest.StartsWith("/*"))
        {
            var end = _text.IndexOf("*/", _at, StringComparison.Ordinal);
            _at = end < 0 ? throw Fail("a comment has no end") : end + 2;
            return true;
        }

        if (rest.StartsWith("#") || rest.StartsWith("//"))
        {
            var end = _text.IndexOf('\n', _at);
            _at = end < 0 ? _text.Length : end;
            return true;
        }

        return false;
    }

    private FormatException Fail(string problem)
    {
        var line = _text.AsSpan(0, Math.Min(_at, _text.Length)).Count('\n') + 1;
        return new FormatException($"line {line}: {problem}");
    }
}
