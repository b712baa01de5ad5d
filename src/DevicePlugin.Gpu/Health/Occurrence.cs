namespace DevicePlugin.Gpu.Health;

/// <summary>One time that a cause showed.</summary>
/// <param name="At">When.</param>
/// <param name="Order">The number of events so far: only an enumeration that began later can speak about it.</param>
/// <param name="Load">The load of the driver under which it showed, as far as it is known.</param>
internal readonly record struct Occurrence(Moment At, long Order, DriverLoad? Load)
{
    /// <summary>
    /// Of an event. The driver may have been loaded again since <paramref name="lastSeen"/>, which is the load of the last
    /// enumeration; the boot cannot have changed under this process.
    /// </summary>
    public static Occurrence OfEvent(Moment at, long order, DriverLoad? lastSeen) =>
        new(at, order, lastSeen is null ? null : lastSeen with { Module = null });

    /// <summary>
    /// The first enumeration after an event names the load. Should that be a later one, the cause stays for one load
    /// too many, and never for one too few.
    /// </summary>
    public Occurrence Under(DriverLoad? load, long order) =>
        load is not null && Order <= order && Load?.Module is null && (Load is null || !load.IsReloadedSince(Load))
            ? this with { Load = load }
            : this;
}
