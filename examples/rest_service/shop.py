"""A small web shop with state, as a service to try `apigen` on: products, stores, stock, reviews, orders.

    python examples/rest_service/shop.py --port 8090

It needs aiohttp and PyYAML, which `apigen` needs too. openapi.yaml beside this file describes it, and is served at
/openapi.json. What belongs to customers wants the key `fjell-og-fjord-demo` in the header X-Api-Key, or the one given
by --api-key. The shop begins with the same data at every start, and its calendar stands still, so that the
same calls give the same answers.
"""

import argparse
import json
from pathlib import Path

import yaml
from aiohttp import web
from answers import ShopError, answering
from arguments import choice, choices, flag, number, text, whole
from stock import TODAY, Shop, shipping

HERE = Path(__file__).parent
CATEGORIES = ("tents", "sleeping_bags", "backpacks", "footwear", "jackets", "cooking", "lights")
COUNTRIES = ("NO", "SE", "DK", "FI", "DE", "NL", "FR", "GB")
SERVICES = ("repair", "rental", "ski_waxing", "boot_fitting")
STATUSES = ("placed", "packed", "shipped", "delivered", "cancelled")
SORTS = {
    "name": lambda product: product["name"],
    "price": lambda product: product["price"],
    "-price": lambda product: -product["price"],
    "rating": lambda product: -(product["rating"] or 0),
}

SHOP = web.AppKey("shop", Shop)
API_KEY = web.AppKey("api_key", str)
routes = web.RouteTableDef()


def page(request, entries):
    """One page of a list, as the request asks for it."""
    limit = whole(request.query, "limit", least=1, most=50, default=10)
    offset = whole(request.query, "offset", least=0, most=10**6, default=0)
    following = {"next_offset": offset + limit} if offset + limit < len(entries) else {}
    return {"total": len(entries), "items": entries[offset : offset + limit], **following}


def require_key(request):
    """Turn away who has no key."""
    if request.headers.get("X-Api-Key") != request.app[API_KEY]:
        raise ShopError(401, "Unauthorized", "this needs the right key in the header X-Api-Key")


async def body_of(request):
    """The JSON object that was sent."""
    try:
        body = await request.json()
    except (json.JSONDecodeError, UnicodeDecodeError):
        raise ShopError(400, "Bad Request", "the body is no JSON") from None
    if not isinstance(body, dict):
        raise ShopError(422, "Unprocessable Content", "the body must be an object")
    return body


@routes.get("/products")
async def list_products(request):
    """Products by category, price and stock."""
    shop, query = request.app[SHOP], request.query
    category = choice(query, "category", CATEGORIES)
    max_price = number(query, "max_price", above=0)
    in_stock = flag(query, "in_stock")
    products = [
        shop.product(sku)
        for sku, product in shop.products.items()
        if category in (None, product["category"])
        and (max_price is None or product["price"] <= max_price)
        and (not in_stock or sum(shop.stock[sku].values()))
    ]
    return page(request, sorted(products, key=SORTS[choice(query, "sort", SORTS) or "name"]))


@routes.get("/search")
async def search_products(request):
    """Products in which all words occur; those with more of them in the name come first."""
    words = text(request.query, "q", least=2, most=100).lower().split()

    def hits(product):
        return sum(word in product["name"].lower() for word in words)

    products = [request.app[SHOP].product(sku) for sku in request.app[SHOP].products]
    found = [
        each for each in products if all(word in f"{each['name']} {each['description']}".lower() for word in words)
    ]
    return page(request, sorted(found, key=hits, reverse=True))


@routes.get("/comparison")
async def compare_products(request):
    """Products side by side."""
    skus = text(request.query, "skus", least=1, most=100).split(",")
    if not 2 <= len(skus) <= 5:
        raise ShopError(422, "Unprocessable Content", "two to five products can be compared", "skus")
    products = [request.app[SHOP].product(sku) for sku in skus]
    return {
        "products": products,
        "cheapest": min(products, key=lambda product: product["price"])["sku"],
        "lightest": min(products, key=lambda product: product["weight_g"])["sku"],
    }


@routes.get("/products/{sku}")
async def get_product(request):
    """One product."""
    return request.app[SHOP].product(request.match_info["sku"])


@routes.get("/products/{sku}/stock")
async def get_stock(request):
    """Pieces by store."""
    shop, sku = request.app[SHOP], request.match_info["sku"]
    shop.product(sku)
    stores = choices(request.query, "stores", shop.stores) or list(shop.stores)
    pieces = {store: shop.stock[sku][store] for store in stores}
    return {"sku": sku, "total": sum(pieces.values()), "stores": pieces}


@routes.get("/products/{sku}/reviews")
async def list_reviews(request):
    """Reviews, the newest first."""
    shop, sku = request.app[SHOP], request.match_info["sku"]
    shop.product(sku)
    least = whole(request.query, "min_rating", least=1, most=5, default=1)
    reviews = [review for review in shop.reviews[sku] if review["rating"] >= least]
    return page(request, sorted(reviews, key=lambda review: review["date"], reverse=True))


@routes.post("/products/{sku}/reviews")
async def add_review(request):
    """A review more."""
    require_key(request)
    body = await body_of(request)
    review = {
        "author": text(body, "author", least=1, most=60),
        "rating": whole(body, "rating", least=1, most=5),
        "text": text(body, "text", least=1, most=500),
        "date": TODAY,
    }
    return 201, request.app[SHOP].review(request.match_info["sku"], review)


@routes.get("/categories/{category}/statistics")
async def get_category_statistics(request):
    """How many products a category has, and what they cost."""
    category = choice(request.match_info, "category", CATEGORIES)
    prices = [each["price"] for each in request.app[SHOP].products.values() if each["category"] == category]
    return {
        "category": category,
        "products": len(prices),
        "lowest_price": min(prices),
        "mean_price": round(sum(prices) / len(prices), 2),
        "highest_price": max(prices),
    }


@routes.get("/stores")
async def list_stores(request):
    """The stores that offer certain services."""
    wanted = choices(request.query, "services", SERVICES)
    shown = ("id", "name", "address", "services")
    return [
        {key: store[key] for key in shown}
        for store in request.app[SHOP].stores.values()
        if set(wanted) <= set(store["services"])
    ]


@routes.get("/stores/{store_id}/hours")
async def get_opening_hours(request):
    """When a store is open on a day."""
    return request.app[SHOP].hours(request.match_info["store_id"], text(request.query, "date", least=10, most=10))


@routes.get("/shipping/quote")
async def quote_shipping(request):
    """What a parcel costs."""
    query = request.query
    country = choice(query, "country", COUNTRIES, required=True)
    return shipping(country, number(query, "weight_kg", above=0, most=30, required=True), flag(query, "express"))


@routes.post("/orders")
async def create_order(request):
    """A new order."""
    require_key(request)
    return 201, request.app[SHOP].order(await body_of(request))


@routes.get("/orders/{order_id}")
async def get_order(request):
    """One order."""
    require_key(request)
    return request.app[SHOP].find_order(request.match_info["order_id"])


@routes.post("/orders/{order_id}/cancellation")
async def cancel_order(request):
    """An order less."""
    require_key(request)
    return request.app[SHOP].cancel(request.match_info["order_id"])


@routes.get("/customers/{customer_id}/orders")
async def list_customer_orders(request):
    """What a customer has ordered, the newest first."""
    require_key(request)
    status = choice(request.query, "status", STATUSES)
    orders = request.app[SHOP].orders_of(request.match_info["customer_id"])
    return page(request, [order for order in orders if status in (None, order["status"])])


@routes.put("/customers/{customer_id}/address")
async def update_address(request):
    """Where parcels of a customer go."""
    require_key(request)
    body = await body_of(request)
    address = {name: text(body, name, least=1, most=100) for name in ("street", "postal_code", "city")}
    address["country"] = choice(body, "country", COUNTRIES, required=True)
    return request.app[SHOP].move(request.match_info["customer_id"], address)


@routes.get("/openapi.json")
async def openapi(request):
    """The description of all this, with the address under which it was asked for."""
    description = yaml.safe_load((HERE / "openapi.yaml").read_text("utf-8"))
    return description | {"servers": [{"url": f"{request.scheme}://{request.host}"}]}


def make_app(api_key="fjell-og-fjord-demo"):
    """The service, with fresh data."""
    app = web.Application(middlewares=[answering])
    app[SHOP] = Shop(json.loads((HERE / "data.json").read_text("utf-8")))
    app[API_KEY] = api_key
    app.add_routes(routes)
    return app


def main():
    """Serve until Ctrl-C."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument("--api-key", default="fjell-og-fjord-demo", help="what X-Api-Key must be")
    options = parser.parse_args()
    web.run_app(make_app(options.api_key), host=options.host, port=options.port)


if __name__ == "__main__":
    main()
