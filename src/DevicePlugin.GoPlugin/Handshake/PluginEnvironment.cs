using System.Globalization;

namespace DevicePlugin.GoPlugin.Handshake;

/// <summary>The PLUGIN_* variables, checked. Nothing else in this library reads the environment.</summary>
internal sealed record PluginEnvironment
{
    private const int HighestPort = 65535;

    /// <summary>Null when the host is too old to say which versions it knows.</summary>
    public IReadOnlyList<int>? HostVersions { get; private init; }

    /// <summary>Both 0 when the host gave no range: any free port.</summary>
    public (int Min, int Max) Ports { get; private init; }

    /// <summary>PEM; null without AutoMTLS.</summary>
    public string? ClientCertificate { get; private init; }

    public required string SocketDirectory { get; init; }

    /// <summary>Name or number; null when only the owner may connect.</summary>
    public string? SocketGroup { get; private init; }

    public bool AsksForMultiplexing { get; private init; }

    /// <exception cref="PluginStartException">A value cannot be used; the message names the variable.</exception>
    public static PluginEnvironment Read(Func<string, string?> environment)
    {
        // Go's os.Getenv does not tell an empty variable from an absent one, so an empty value means absent here too.
        string? Value(string name) => environment(name) is { Length: > 0 } value ? value : null;

        return new PluginEnvironment
        {
            HostVersions = ReadVersions(Value(GoPluginProtocol.ProtocolVersionsVariable)),
            Ports = ReadPorts(Value(GoPluginProtocol.MinPortVariable), Value(GoPluginProtocol.MaxPortVariable)),
            ClientCertificate = Value(GoPluginProtocol.ClientCertificateVariable),
            SocketDirectory = Value(GoPluginProtocol.UnixSocketDirectoryVariable) ?? Value("TMPDIR") ?? "/tmp",
            SocketGroup = Value(GoPluginProtocol.UnixSocketGroupVariable),
            AsksForMultiplexing = Value(GoPluginProtocol.MultiplexVariable) is not null,
        };
    }

    /// <summary>The highest version that both sides know; our lowest for a host that names none (server.go).</summary>
    /// <exception cref="PluginStartException">There is none in common.</exception>
    public int ChooseVersion(IReadOnlyCollection<int> ours)
    {
        if (HostVersions is null)
        {
            return ours.Min();
        }

        var common = HostVersions.Intersect(ours).ToList();
        return common.Count > 0
            ? common.Max()
            : throw new PluginStartException(
                $"The host speaks protocol version {string.Join(", ", HostVersions)} " +
                $"({GoPluginProtocol.ProtocolVersionsVariable}), this plugin {string.Join(", ", ours)}; " +
                "use versions of both that match.");
    }

    private static List<int>? ReadVersions(string? text) =>
        text?.Split(',').Select(version => ReadNumber(GoPluginProtocol.ProtocolVersionsVariable, version)).ToList();

    private static (int Min, int Max) ReadPorts(string? minText, string? maxText)
    {
        var min = minText is null ? 0 : ReadPort(GoPluginProtocol.MinPortVariable, minText);
        var max = maxText is not null ? ReadPort(GoPluginProtocol.MaxPortVariable, maxText)
            : minText is not null ? HighestPort : 0;
        return min <= max
            ? (min, max)
            : throw new PluginStartException(
                $"{GoPluginProtocol.MinPortVariable} is {min} and {GoPluginProtocol.MaxPortVariable} is {max}; " +
                "the first must not be the higher one.");
    }

    private static int ReadPort(string name, string text) =>
        ReadNumber(name, text) is var port && port <= HighestPort
            ? port
            : throw new PluginStartException($"{name} is \"{text}\"; a port is at most {HighestPort}.");

    private static int ReadNumber(string name, string text) =>
        int.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new PluginStartException($"{name} has \"{text}\" where a number is needed.");
}
