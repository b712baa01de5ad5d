namespace DevicePlugin.Nomad.Configuration;

/// <summary>
/// One thing that is wrong. <paramref name="Key"/> is a path such as <c>sharing[1].replicas</c>, empty for the
/// configuration as a whole; <paramref name="Seen"/> is the value as it was written, shortened, or null for none.
/// </summary>
public sealed record ConfigError(string Key, string? Seen, string Problem)
{
    public override string ToString() => (Key, Seen) switch
    {
        ("", null) => Problem,
        ("", _) => $"{Seen}: {Problem}",
        (_, null) => $"{Key}: {Problem}",
        _ => $"{Key} = {Seen}: {Problem}",
    };
}
