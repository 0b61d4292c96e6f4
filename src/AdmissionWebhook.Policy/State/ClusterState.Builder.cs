using AdmissionWebhook.Policy.Kinds;

namespace AdmissionWebhook.Policy.State;

public sealed partial class ClusterState
{
    /// <summary>What becomes the next state; the one place that keeps the indexes in step with the objects.</summary>
    private sealed class Builder(ClusterState state)
    {
        private readonly ImmutableArray<Index.Change> _changes = [.. Indexes.All.Select(index => index.Begin(state._indexed[index.Place]))];

        public HashTrie<ObjectReference, KubernetesObject>.Builder Objects { get; } = state._objects.ToBuilder();

        public ImmutableHashSet<ResourceKind> Known { get; set; } = state._known;

        public ImmutableArray<object> Indexed => [.. _changes.Select(change => change.Result)];

        public void Put(KubernetesObject added)
        {
            Remove(added.Reference);
            Objects[added.Reference] = added;
            foreach (var change in _changes)
                change.Add(added);
        }

        public void Remove(ObjectReference reference)
        {
            if (!Objects.TryGetValue(reference, out var removed))
                return;

            Objects.Remove(reference);
            foreach (var change in _changes)
                change.Remove(removed);
        }
    }
}
