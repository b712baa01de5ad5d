using System.Globalization;

namespace DevicePlugin.Nomad.Configuration;

/// <summary>What a string key may hold besides any text.</summary>
internal static class TextFormats
{
    /// <summary>
    /// An absolute path, since the plugin's working directory is whatever the agent's happens to be. The forms of both
    /// systems count on either, so that a file is judged the same everywhere.
    /// </summary>
    public static bool TryParsePath(string text, out string path)
    {
        path = text;
        return text is ['/', ..] or ['\\', '\\', ..]
            or [(>= 'A' and <= 'Z') or (>= 'a' and <= 'z'), ':', '/' or '\\', ..];
    }

    public static bool TryParseLibrary(string text, out string library) =>
        TryParsePath(text, out library) || (text.Length > 0 && text.AsSpan().IndexOfAny('/', '\\') < 0);

    /// <summary>Empty text gives null. No host, as exporters are usually told, or an asterisk is every address.</summary>
    public static bool TryParseListenAddress(string text, out HostPort? address)
    {
        if (text is [':', ..] or ['*', ':', ..])
        {
            var isPort = TryParsePort(text.AsSpan(text.IndexOf(':', StringComparison.Ordinal) + 1), out var port);
            address = isPort ? new HostPort("", port) : null;
            return isPort;
        }

        var parsed = TryParseHostPort(text, out var hostPort);
        address = parsed ? hostPort : null;
        return parsed || text.Length == 0;
    }

    /// <summary>Empty text gives null; an address without a scheme is plain HTTP.</summary>
    public static bool TryParseHttpAddress(string text, out Uri? address)
    {
        if (TryParseHostPort(text, out var hostPort))
        {
            address = new Uri($"http://{hostPort}");
            return hostPort.Port > 0;
        }

        address = null;
        return text.Length == 0
            || (Uri.TryCreate(text, UriKind.Absolute, out address)
                && (address.Scheme == Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps)
                && address is { Host.Length: > 0, Port: > 0, UserInfo: "" });
    }

    /// <summary>The suffixes of MPS, M and G, which mean MiB and GiB. Empty text gives null.</summary>
    public static bool TryParseMemory(string text, out int? mebibytes)
    {
        mebibytes = null;
        if (text.Length == 0)
        {
            return true;
        }

        var scale = text[^1] switch { 'G' => 1024, 'M' => 1, _ => 0 };
        if (scale == 0
            || !int.TryParse(text.AsSpan(..^1), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            || count == 0 || count > int.MaxValue / scale)
        {
            return false;
        }

        mebibytes = count * scale;
        return true;
    }

    private static bool TryParseHostPort(string text, out HostPort result)
    {
        result = default;
        var colon = text.LastIndexOf(':');
        if (colon <= 0 || !TryParsePort(text.AsSpan(colon + 1), out var port))
        {
            return false;
        }

        var bracketed = text[0] == '[' && text[colon - 1] == ']';
        var host = bracketed ? text[1..(colon - 1)] : text[..colon];
        result = new HostPort(host, port);
        return Uri.CheckHostName(host) switch
        {
            UriHostNameType.IPv6 => bracketed,
            UriHostNameType.IPv4 or UriHostNameType.Dns => !bracketed,
            _ => false,
        };
    }

    private static bool TryParsePort(ReadOnlySpan<char> text, out ushort port) =>
        ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port);
}
