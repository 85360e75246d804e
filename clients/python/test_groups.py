"""boto3: groups and their members."""

import pytest

from ways import make_user, refused


def test_groups_have_members_and_are_listed_in_pages(pool, name):
    api, user = pool.api, make_user(pool, name)
    pool = {"UserPoolId": pool.id}
    groups = [f"{user}-{number:02}" for number in range(7)]
    for precedence, group in enumerate(groups):
        created = api.create_group(**pool, GroupName=group, Precedence=precedence)["Group"]
        assert created["GroupName"] == group and created["CreationDate"] == created["LastModifiedDate"]
    with pytest.raises(api.exceptions.GroupExistsException):
        api.create_group(**pool, GroupName=groups[0])

    def listed(operation, key, **request):
        pages = api.get_paginator(operation).paginate(**pool, **request, PaginationConfig={"PageSize": 3})
        return [one[key] for page in pages for one in next(v for k, v in page.items() if k in ("Groups", "Users"))]

    assert set(groups) <= set(listed("list_groups", "GroupName"))
    for group in groups:
        api.admin_add_user_to_group(**pool, Username=user, GroupName=group)
    assert sorted(listed("admin_list_groups_for_user", "GroupName", Username=user)) == groups
    assert listed("list_users_in_group", "Username", GroupName=groups[0]) == [user]
    api.admin_remove_user_from_group(**pool, Username=user, GroupName=groups[0])
    assert listed("list_users_in_group", "Username", GroupName=groups[0]) == []
    assert api.update_group(**pool, GroupName=groups[1], Description="second")["Group"]["Description"] == "second"
    assert api.get_group(**pool, GroupName=groups[1])["Group"]["Precedence"] == 1
    api.delete_group(**pool, GroupName=groups[1])
    refused("ResourceNotFoundException", "Group not found.", lambda: api.get_group(**pool, GroupName=groups[1]))
    assert sorted(listed("admin_list_groups_for_user", "GroupName", Username=user)) == groups[2:]
