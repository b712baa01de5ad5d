namespace DevicePlugin.Gpu.Health;

/// <summary>Why a GPU or an instance is unfit. The text is that of the onset.</summary>
/// <param name="Key">What makes it the same cause when it is seen again.</param>
/// <param name="What">The cause and its evidence.</param>
/// <param name="Advice">What to do about it.</param>
/// <param name="Since">Its onset.</param>
/// <param name="Recovery">What takes it away.</param>
internal sealed record ActiveCause(
    CauseKey Key, string What, string Advice, DateTimeOffset Since, RecoveryRule Recovery)
{
    /// <summary>The load of the driver at the onset; null until one is known.</summary>
    public DriverLoad? Load { get; set; }

    /// <summary>The driver has asked for a recovery since: that it no longer does is its word that there was one.</summary>
    public bool WasRecoveryNeeded { get; set; }

    /// <summary>A cause that keeps coming back stays until then; null when it need not.</summary>
    public DateTimeOffset? HeldUntil { get; init; }

    /// <summary>Events before it. Only an enumeration that began later can judge the cause.</summary>
    public long Order { get; init; }
}
