namespace DevicePlugin.Nomad.Configuration;

/// <summary>The block <c>fake</c>, for <see cref="BackendKind.Fake"/>.</summary>
public sealed record FakeConfig
{
    /// <summary>Name of a built-in scenario, or a path.</summary>
    public string Scenario { get; init; } = "dgx-h100";
}
