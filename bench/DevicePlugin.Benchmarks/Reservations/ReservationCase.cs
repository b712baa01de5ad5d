namespace DevicePlugin.Benchmarks.Reservations;

/// <summary>One way to reserve, on one node.</summary>
/// <param name="Name">As the table calls it.</param>
/// <param name="Scenario">The made-up node that the native mock plays.</param>
/// <param name="Configuration">The plugin's config block in HCL.</param>
/// <param name="Devices">How many of the node's devices one call asks for.</param>
internal sealed record ReservationCase(string Name, string Scenario, string Configuration, int Devices);
