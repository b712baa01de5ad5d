namespace DevicePlugin.Hardware.Scenarios;

/// <summary>Something that happens once: changes, merged over what there is, and an event.</summary>
/// <param name="Id">What carries the same id after a reload is the same thing.</param>
/// <param name="At">After the load that brought the id.</param>
/// <param name="Gpu">Null when only the driver or the system changes.</param>
internal sealed record TimelineEntry(string Id, TimeSpan At, GpuSelector? Gpu)
{
    public KeyedValues? Set { get; init; }

    public KeyedValues? Driver { get; init; }

    public KeyedValues? System { get; init; }

    public KeyedValues? Event { get; init; }

    public bool ChangesNode => Set is not null || Driver is not null || System is not null;
}
