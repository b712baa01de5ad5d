namespace DevicePlugin.Gpu.Reservations;

/// <summary>
/// <c>cuda_visible_devices</c>: CUDA's own variable, which is what exec and raw_exec tasks heed: nothing reads
/// <c>NVIDIA_VISIBLE_DEVICES</c> outside a container.
/// </summary>
public sealed class CudaVisibleDevices : IReservationStrategy
{
    public void Contribute(ReservationRequest request, ReservationDraft draft) =>
        draft.SetVariable("CUDA_VISIBLE_DEVICES", VisibleDevices.UuidsOf(request.Gpus));
}
