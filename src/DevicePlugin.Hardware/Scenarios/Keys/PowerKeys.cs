namespace DevicePlugin.Hardware.Scenarios.Keys;

internal static class PowerKeys
{
    public static readonly KeyGroup Group = new("power");
    public static readonly DecimalKey UsageWatts = Group.Decimal("usage_watts", 0, 100_000);
    public static readonly DecimalKey AverageWatts = Group.Decimal("average_watts", 0, 100_000);
    public static readonly DecimalKey InstantWatts = Group.Decimal("instant_watts", 0, 100_000);
    public static readonly DecimalKey LimitWatts = Group.Decimal("limit_watts", 0, 100_000);
    public static readonly DecimalKey RequestedLimitWatts = Group.Decimal("requested_limit_watts", 0, 100_000);
    public static readonly DecimalKey DefaultLimitWatts = Group.Decimal("default_limit_watts", 0, 100_000);
    public static readonly DecimalKey MinLimitWatts = Group.Decimal("min_limit_watts", 0, 100_000);
    public static readonly DecimalKey MaxLimitWatts = Group.Decimal("max_limit_watts", 0, 100_000);
    public static readonly DecimalKey EnergyJoules = Group.Decimal("energy_joules", 0, KeyGroup.MaxCount);
    public static readonly DecimalKey MemoryAverageWatts = Group.Decimal("memory_average_watts", 0, 100_000);
    public static readonly DecimalKey ModuleAverageWatts = Group.Decimal("module_average_watts", 0, 100_000);
    public static readonly DecimalKey ModuleInstantWatts = Group.Decimal("module_instant_watts", 0, 100_000);
    public static readonly DecimalKey ModuleLimitWatts = Group.Decimal("module_limit_watts", 0, 100_000);

    public static readonly DecimalKey ModuleRequestedLimitWatts =
        Group.Decimal("module_requested_limit_watts", 0, 100_000);
    public static readonly DecimalKey ModuleDefaultLimitWatts = Group.Decimal("module_default_limit_watts", 0, 100_000);
    public static readonly DecimalKey ModuleMinLimitWatts = Group.Decimal("module_min_limit_watts", 0, 100_000);
    public static readonly DecimalKey ModuleMaxLimitWatts = Group.Decimal("module_max_limit_watts", 0, 100_000);
}
