namespace DevicePlugin.Nomad.Hosting;

/// <summary>The characters of a short HCL expression, read from left to right.</summary>
internal sealed class HclScanner(string text)
{
    private int _position;

    public char Current => _position < text.Length ? text[_position] : '\0';

    public bool AtEnd => _position >= text.Length;

    public char Take() => AtEnd ? throw Fail("it ends too early") : text[_position++];

    public void SkipSpace()
    {
        while (char.IsWhiteSpace(Current))
        {
            _position++;
        }
    }

    public bool TryTake(char expected)
    {
        SkipSpace();
        if (Current != expected || AtEnd)
        {
            return false;
        }

        _position++;
        return true;
    }

    public void Expect(char expected)
    {
        if (!TryTake(expected))
        {
            throw Fail(AtEnd ? $"'{expected}' is missing at its end" : $"'{Current}' stands where '{expected}' is needed");
        }
    }

    /// <summary>A word of letters, digits and the characters given; empty when there is none.</summary>
    public string TakeWord(string more)
    {
        SkipSpace();
        var start = _position;
        while (char.IsAsciiLetterOrDigit(Current) || (!AtEnd && more.Contains(Current)))
        {
            _position++;
        }

        return text[start.._position];
    }

    public void ExpectEnd()
    {
        SkipSpace();
        if (!AtEnd)
        {
            throw Fail($"'{text[_position..]}' follows its end");
        }
    }

    public FormatException Fail(string problem) => new($"has the expression '{text}', which cannot be read: {problem}");
}
