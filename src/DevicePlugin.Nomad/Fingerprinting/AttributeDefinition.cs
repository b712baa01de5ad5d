namespace DevicePlugin.Nomad.Fingerprinting;

/// <summary>One attribute of a device group.</summary>
/// <param name="Name">What jobs write after <c>${device.attr.</c>.</param>
/// <param name="Type">Int, Float, Bool, or String for words and versions.</param>
/// <param name="Unit">A unit that Nomad knows (plugins/shared/structs/units.go), or empty.</param>
/// <param name="Description">For the documentation.</param>
/// <param name="Merge">What a group of devices that differ says.</param>
/// <param name="Read">Null where the device does not have the value.</param>
/// <param name="ChangedBy">
/// Who can change it while the driver stays loaded, for the documentation; null for nobody. Each change makes Nomad
/// evaluate jobs again, so nothing that moves by itself belongs here.
/// </param>
internal sealed record AttributeDefinition(
    string Name,
    string Type,
    string Unit,
    string Description,
    AttributeMerge Merge,
    Func<AttributeSource, Protocol.Attribute?> Read,
    string? ChangedBy)
{
    /// <summary>The value for a group; null to leave the attribute out. Devices that do not say do not count.</summary>
    public Protocol.Attribute? ReadGroup(IEnumerable<AttributeSource> devices)
    {
        if (Merge == AttributeMerge.Sum)
        {
            return new Protocol.Attribute { IntVal = devices.Sum(source => Read(source)?.IntVal ?? 0) };
        }

        Protocol.Attribute? merged = null;
        foreach (var source in devices)
        {
            if (Read(source) is not { } value || value.Equals(merged))
            {
                continue;
            }

            if (merged is null || (Merge == AttributeMerge.Minimum && Number(value) < Number(merged)))
            {
                merged = value;
            }
            else if (Merge == AttributeMerge.OmitIfDifferent)
            {
                return null;
            }
        }

        return merged;
    }

    private static double Number(Protocol.Attribute value) =>
        value.ValueCase == Protocol.Attribute.ValueOneofCase.IntVal ? value.IntVal : value.FloatVal;
}
