"""Who may be overruled when fields have two owners."""

from plugins.kubernetes.objects import conflicts_only_with_hands

HAND = 'Apply failed with 1 conflict: conflict with "kubectl-patch" using v1: .data.a'
CONTROLLER = 'Apply failed with 1 conflict: conflict with "argocd-controller": .spec.replicas'


def test_what_was_changed_by_hand_is_taken_back() -> None:
    assert conflicts_only_with_hands(HAND)
    assert conflicts_only_with_hands('conflict with "pulumi-kubernetes-1a2b3c4d" using v1: .data')


def test_what_a_controller_owns_is_left_to_it() -> None:
    assert not conflicts_only_with_hands(CONTROLLER)
    assert not conflicts_only_with_hands(f"{HAND}\n{CONTROLLER}")
    assert not conflicts_only_with_hands("the server could not find the requested resource")
