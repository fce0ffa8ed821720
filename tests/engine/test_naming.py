import pytest

from proxy.engine.naming import MAX_LENGTH, offered_name


def test_a_prefixed_name_is_server_and_tool() -> None:
    assert offered_name("files", "read_file", prefixed=True) == "files__read_file"
    assert offered_name("files", "read_file", prefixed=False) == "read_file"


@pytest.mark.parametrize("prefixed", [True, False])
def test_a_long_name_is_shortened_the_same_way_for_ever(prefixed: bool) -> None:
    long = "a_rather_long_name_for_a_tool_that_nobody_would_want_to_type_by_hand"
    names = {offered_name("srv", long + end, prefixed=prefixed) for end in ("", "_two", "_three")}
    assert len(names) == 3
    assert all(len(name) == MAX_LENGTH for name in names)
    assert (
        offered_name("srv", long, prefixed=True) == "srv__a_rather_long_name_for_a_tool_that_nobody_would_wa_57d5e775"
    )


def test_names_of_sixty_four_characters_stay() -> None:
    exact = "x" * (MAX_LENGTH - len("srv__"))
    assert offered_name("srv", exact, prefixed=True) == f"srv__{exact}"
    assert offered_name("srv", exact + "y", prefixed=True) != f"srv__{exact}y"


def test_the_same_long_tool_of_two_servers_keeps_two_names() -> None:
    assert offered_name("one", "t" * 80, prefixed=False) != offered_name("two", "t" * 80, prefixed=False)
