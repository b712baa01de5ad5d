namespace DevicePlugin.Hardware.Mps;

/// <summary>Where everything is, and how much the plugin may do.</summary>
public sealed record MpsOptions
{
    public string DriverRoot { get; init; } = "/";

    /// <summary>Keeps what is known of the daemons.</summary>
    public required string StateDirectory { get; init; }

    /// <summary>The kernel's id of this boot: no daemon of another one runs. Null where the kernel has none.</summary>
    public string? BootId { get; init; }

    /// <summary>A daemon that takes longer for an answer does not work: it is a process of the same node.</summary>
    public TimeSpan AnswerLimit { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>False: daemons that somebody else runs are only asked whether they work.</summary>
    public bool Manages { get; init; }
}
